"""The Makefile: what each target installs, and its help."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.paths import ROOT

DEV = ["dev"]
STAGES = {
    "run": ["core"],
    "aws-env": ["core"],
    "lock": ["core"],
    "sandbox": ["sandbox"],
    "sandbox-demo": ["sandbox"],
    "bench": ["sandbox"],
    "viz": ["viz"],
    "ipython": ["viz"],
    "check": DEV,
    "format": DEV,
    "dags": DEV,
    "terraform-docs": DEV,
    "clients-test": DEV,
    "docker-test": DEV,
    "test-fast": DEV,
    "test-long": DEV,
    "test": [*DEV, "checkov"],
    "coverage": [*DEV, "checkov"],
    "terraform-test": [*DEV, "checkov"],
    "help": [],
    "clean": [],
    "clean-data": [],
}


def make(*arguments: str) -> str:
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("target", STAGES)
def test_a_target_installs_only_what_it_needs(target):
    planned = make("--dry-run", target, "PYTHON=python3.12")
    assert re.findall(r"tools/environment.sh (\w+)", planned) == STAGES[target]
    for line in re.findall(r".*tools/environment.sh", planned):
        assert line == f'PYTHON="python3.12" GOALS="{target}" tools/environment.sh'


def test_the_help_has_a_line_for_each_target_and_fits_a_terminal():
    lines = make("help").splitlines()
    assert max(map(len, lines)) <= 80
    listed = re.findall(r"^  make (\S+)", "\n".join(lines), re.MULTILINE)
    assert set(listed) == set(STAGES)
