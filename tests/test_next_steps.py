"""What a run points to: only what is there, from where it was started."""

import os
import sys
from pathlib import Path

import pytest

from txn_kedro.next_steps import STARTED_BY, after_generation, after_loading, started_by


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with an environment whose programs are not on the path."""
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


def test_the_command_is_one_that_is_found_from_here(folder, monkeypatch):
    assert after_generation(None) == ".venv/bin/kedro run --pipelines loading loads it"
    monkeypatch.setenv("PATH", str(folder / ".venv/bin"))
    assert after_generation(None) == "kedro run --pipelines loading loads it"
    monkeypatch.setenv("PATH", "/nowhere")
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert after_generation(None) == f"{folder}/.venv/bin/kedro run --pipelines loading loads it"


def test_it_names_the_environment(project):
    assert after_generation("aws") == ".venv/bin/kedro run --env aws --pipelines loading loads it"
    assert after_loading("aws") == (
        "run again for another batch; .venv/bin/kedro plan --env aws shows what is loaded"
    )


def test_make_is_named_where_there_is_a_makefile_and_it_shows_that_warehouse(project):
    assert after_loading(None) == after_loading("local")
    assert after_loading(None).endswith("; see it by make viz or make ipython")
    Path("Makefile").unlink()
    assert "make" not in after_loading(None)


def test_a_sandbox_that_stops_with_the_run_is_not_pointed_to(project, monkeypatch):
    monkeypatch.setenv(STARTED_BY, "sandbox")
    for told in (after_generation("sandbox"), after_loading("sandbox")):
        assert told == "the sandbox stops now and forgets all; make sandbox keeps one up"


def test_the_packaged_project_names_its_own_command_and_no_make(project, monkeypatch):
    monkeypatch.setenv(STARTED_BY, "package")
    assert after_generation(None) == ".venv/bin/txn-kedro --pipelines loading loads it"
    assert after_loading(None) == "run again for another batch"


def test_what_started_a_run_is_forgotten_after_it_and_the_outermost_counts(project):
    with pytest.raises(ZeroDivisionError), started_by("sandbox"), started_by("package"):
        assert "sandbox" in after_loading(None)
        raise ZeroDivisionError
    assert STARTED_BY not in os.environ


def test_in_airflow_the_other_dag_follows(project, monkeypatch):
    monkeypatch.setenv(STARTED_BY, "airflow")
    assert after_generation("aws") == "the asset of the lake starts the DAG that loads it"
    assert after_loading("aws") is None
