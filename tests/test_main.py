"""``python -m txn_kedro``: the packaged project's own command."""

import subprocess
import sys

import pytest

from tests.conftest import SMALL, Copy

pytestmark = pytest.mark.slow


def python_m(copy: Copy, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "txn_kedro", *arguments]
    return subprocess.run(command, cwd=copy.root, capture_output=True, text=True, check=False)


def test_it_runs_as_kedro_run_does(copy: Copy):
    done = python_m(copy, "--params", SMALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(copy.in_table()) == 1


def test_it_refuses_as_kedro_run_does(copy: Copy):
    done = python_m(copy, "--params", "seed=x")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Parameter validation failed")
