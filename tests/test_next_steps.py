"""The next step that a run suggests: only commands that exist, callable from the current folder."""

import os
import sys
from pathlib import Path

import pytest

from txn_kedro.next_steps import STARTED_BY, after_generation, after_loading, started_by


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with an environment whose programs are not on the PATH."""
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "kedro", "txn-kedro"):
        (programs / name).touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.delenv(STARTED_BY, raising=False)
    return tmp_path


@pytest.fixture
def project(folder):
    (folder / "Makefile").touch()
    (folder / "conf/base").mkdir(parents=True)
    return folder


def test_the_command_can_be_called_from_the_current_folder(folder, monkeypatch):
    assert after_generation(None) == ".venv/bin/kedro run --pipelines loading loads it"
    monkeypatch.setenv("PATH", str(folder / ".venv/bin"))
    assert after_generation(None) == "kedro run --pipelines loading loads it"
    monkeypatch.setenv("PATH", "/nowhere")
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert after_generation(None) == f"{folder}/.venv/bin/kedro run --pipelines loading loads it"


def test_the_command_names_the_environment(project):
    assert after_generation("aws") == ".venv/bin/kedro run --env aws --pipelines loading loads it"
    assert after_loading("aws") == (
        "run again for another batch; .venv/bin/kedro plan --env aws shows what is loaded"
    )


def test_make_is_suggested_only_with_a_makefile_and_in_the_environment_it_shows(project):
    assert after_loading(None) == after_loading("local")
    assert after_loading(None).endswith("; explore with make viz or make ipython")
    Path("Makefile").unlink()
    assert "make" not in after_loading(None)


def test_no_command_is_suggested_for_a_sandbox_that_stops_with_the_run(project, monkeypatch):
    monkeypatch.setenv(STARTED_BY, "sandbox")
    for step in (after_generation("sandbox"), after_loading("sandbox")):
        assert step == ("the sandbox stops and deletes its data; make sandbox keeps one up")


def test_the_packaged_project_suggests_its_own_command_and_not_make(project, monkeypatch):
    monkeypatch.setenv(STARTED_BY, "package")
    assert after_generation(None) == ".venv/bin/txn-kedro --pipelines loading loads it"
    assert after_loading(None) == "run again for another batch"


def test_the_outermost_starter_counts_and_is_forgotten_after_the_run(project):
    with pytest.raises(ZeroDivisionError), started_by("sandbox"), started_by("package"):
        assert "sandbox" in after_loading(None)
        raise ZeroDivisionError
    assert STARTED_BY not in os.environ


def test_in_airflow_the_other_dag_follows(project, monkeypatch):
    monkeypatch.setenv(STARTED_BY, "airflow")
    assert after_generation("aws") == "the lake's asset starts the DAG that loads it"
    assert after_loading("aws") is None
