"""``python -m txn_kedro``: the packaged project's own command."""

import re
import subprocess
import sys

import pytest

from tests.conftest import SMALL, Copy
from txn_kedro import __version__

pytestmark = pytest.mark.slow


def python_m(copy: Copy, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "txn_kedro", *arguments]
    return subprocess.run(command, cwd=copy.root, capture_output=True, text=True, check=False)


def test_it_runs_like_kedro_run(copy: Copy):
    done = python_m(copy, "--params", SMALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(copy.in_table()) == 1
    assert "Next       run again for another batch\n" in done.stdout


def test_it_refuses_wrong_parameters_like_kedro_run(copy: Copy):
    done = python_m(copy, "--params", "seed=x")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Parameter validation failed")


def test_it_prints_its_options_and_version(tmp_path):
    project = Copy(tmp_path)
    text = python_m(project, "-h").stdout
    assert text.startswith("Usage: txn-kedro [OPTIONS]")
    assert "--params" in text
    assert python_m(project, "--version").stdout == f"txn-kedro, version {__version__}\n"


def test_without_a_configuration_it_says_how_to_pass_one(tmp_path):
    done = python_m(Copy(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(
        "Error: There is no configuration at conf: .* or pass --conf-source.\n", done.stderr
    )
