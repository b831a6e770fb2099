import os
import re
from pathlib import Path

import pytest

from tests.conftest import KEDRO, SMALL
from tests.paths import CONF
from txn_kedro import logs


@pytest.mark.slow
def test_a_run_from_a_subfolder_logs_as_one_from_the_project(copy):
    (copy.root / "notebooks").mkdir()
    script = f"cd notebooks && {KEDRO} run --pipelines generation --params {SMALL}"
    done = copy.call("sh", "-c", script)
    assert done.returncode == 0, done.stderr
    # Kedro tells where its logging is from before the project has a say.
    _, configured, told = done.stdout.partition("configuration.")
    assert configured
    assert re.match(r"\s+\d\d:\d\d:\d\d INFO    World ", told)
    assert "async" not in told
    assert "Loading data" not in told


def test_the_package_carries_the_projects_format(tmp_path, monkeypatch):
    monkeypatch.delenv(logs.VARIABLE, raising=False)
    monkeypatch.chdir(CONF.parent)
    assert not logs.choose_format()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(logs.VARIABLE, "mine.yml")
    assert not logs.choose_format()
    monkeypatch.setenv(logs.VARIABLE, "")
    assert logs.choose_format()
    assert Path(os.environ[logs.VARIABLE]).read_text() == (CONF / "logging.yml").read_text()
