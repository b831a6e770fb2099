"""Nothing is reported: neither in the project nor outside of it."""

import os
import re
import socketserver
import subprocess
import threading

import pytest

from tests.conftest import KEDRO
from tests.paths import ROOT


@pytest.fixture
def proxy():
    """A proxy that answers nothing: its URL, and the first line of each request."""
    asked = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            asked.append(self.rfile.readline().decode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_kedro_asks_nobody_anything_outside_the_project(proxy, tmp_path):
    url, asked = proxy
    switches = ("DO_NOT_TRACK", "KEDRO_DISABLE_TELEMETRY", "GITHUB_REPOSITORY_OWNER", "NO_PROXY")
    environment = {name: value for name, value in os.environ.items() if name not in switches}
    environment |= {"HTTP_PROXY": url, "HTTPS_PROXY": url, "HOME": str(tmp_path)}
    subprocess.run([KEDRO, "info"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert asked == []
    assert list(tmp_path.iterdir()) == []


def test_no_lock_file_holds_telemetry():
    for lock in ROOT.glob("requirements*.lock"):
        assert not re.search("telemetry==", lock.read_text().replace("opentelemetry", "")), (
            lock.name
        )
