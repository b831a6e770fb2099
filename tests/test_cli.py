import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import KedroCliError
from kedro.io import DatasetError

from tests.paths import ROOT
from txn_kedro.cli import cli


@pytest.fixture
def run(monkeypatch):
    """Invokes ``run`` with a stand-in for Kedro's own, which is tested in test_project.py."""

    def invoke(*arguments, outcome=None):
        def kedro(**options):
            if isinstance(outcome, Exception):
                raise outcome
            return options

        monkeypatch.setattr(kedro_run, "callback", kedro)
        return CliRunner().invoke(cli, ["run", *arguments])

    yield invoke
    KedroCliError.VERBOSE_ERROR = False


def test_it_has_all_options_of_kedros_run_and_its_help():
    told = CliRunner().invoke(cli, ["run", "--help"]).output
    assert "generate a batch, load what is pending" in told
    for option in ("--pipelines", "--params", "--runner", "--env", "--conf-source", "--verbose"):
        assert option in told


def test_the_commands_of_kedro_list_run_once(monkeypatch):
    monkeypatch.chdir(ROOT)
    told = CliRunner().invoke(KedroCLI(ROOT), ["-h"]).output
    assert re.findall("^  run .*", told, re.MULTILINE) == [
        "  run       Run the pipelines: generate a batch, load what is pending."
    ]


def test_a_run_that_goes_well_ends_well(run):
    assert run("--params", "seed=7").exit_code == 0


@pytest.mark.parametrize("error", [DatasetError("what, where"), ValueError("what, where")])
def test_an_expected_error_is_its_message_and_no_more(run, error):
    told = run(outcome=error)
    assert told.exit_code == 1
    assert told.output == "Error: what, where\n"


def test_verbose_adds_where_it_was_raised(run):
    told = run("--verbose", outcome=DatasetError("what, where"))
    assert "Traceback" in told.output
    assert told.output.endswith("Error: what, where\n")


def test_an_unexpected_error_is_not_dressed_up(run):
    assert isinstance(run(outcome=ZeroDivisionError()).exception, ZeroDivisionError)


def test_kedros_preamble_is_left_out(run):
    error = ValueError(
        "- Parameter 'seed': Failed to instantiate Seed for parameter 'seed': a whole number"
    )
    assert run(outcome=error).output == "Error: - Parameter 'seed': a whole number\n"


def test_kedros_preamble_about_a_dataset_is_left_out(run):
    error = DatasetError(
        "world: Failed while saving data to dataset txn_kedro.datasets.Some(filepath='/x', "
        "save_args={}).\n[Errno 28] No space left on device: '/x/world'"
    )
    assert (
        run(outcome=error).output
        == "Error: world: [Errno 28] No space left on device: '/x/world'\n"
    )


def test_a_refused_thread_is_one_error_with_a_remedy(run, monkeypatch):
    refused = RuntimeError("can't start new thread")
    by_arrow = DatasetError("batches: Unknown error: Failed to launch worker thread: Resource")
    for told in (run(outcome=refused), run(outcome=by_arrow), refuse_threads(run, monkeypatch)):
        assert told.exit_code == 1
        assert told.output.startswith(
            "Error: The system refused to start a thread. Raise the limit ("
        )


def refuse_threads(run, monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    return run(outcome=None)


def test_what_takes_long_to_import_is_imported_where_signals_are_answered():
    heavy = "import sys, txn_kedro.cli; print({'numpy', 'pyarrow', 'sqlalchemy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
