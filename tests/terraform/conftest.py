"""A copy of the stack, and the AWS stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.paths import ROOT
from tests.terraform.terraform import Terraform, init_options

# Its tests are imported by test_apply.py.
pytest.register_assert_rewrite("tests.terraform.role_questions")


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    init_options()
    return Terraform.copied(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """Run the AWS stand-in, and return the variables that direct clients to it."""
    command = [sys.executable, "-m", "tests.terraform.aws"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield json.loads(server.stdout.readline())
        server.stdin.close()
