import os
import re
from pathlib import Path

import pytest

from tests.conftest import KEDRO, SMALL
from tests.paths import CONF
from txn_kedro import logs


@pytest.mark.slow
def test_a_run_from_a_subfolder_uses_the_projects_log_format(copy):
    (copy.root / "notebooks").mkdir()
    script = f"cd notebooks && {KEDRO} run --pipelines generation --params {SMALL}"
    done = copy.call("sh", "-c", script)
    assert done.returncode == 0, done.stderr
    # Kedro logs which logging configuration it uses before the project can configure anything.
    _, configured, output = done.stdout.partition("configuration.")
    assert configured
    assert re.match(r"\s+\d\d:\d\d:\d\d INFO    customers ", output)
    assert "async" not in output
    assert "Loading data" not in output


def test_the_package_contains_the_projects_log_format(tmp_path, monkeypatch):
    monkeypatch.delenv(logs.VARIABLE, raising=False)
    monkeypatch.chdir(CONF.parent)
    assert not logs.choose_format()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(logs.VARIABLE, "mine.yml")
    assert not logs.choose_format()
    monkeypatch.setenv(logs.VARIABLE, "")
    assert logs.choose_format()
    assert Path(os.environ[logs.VARIABLE]).read_text() == (CONF / "logging.yml").read_text()
