"""A copy of the stack, the AWS stand-in, and what an applied stack contains."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.paths import ROOT
from tests.terraform.clients import client
from tests.terraform.permissions import Role, roles_of
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


@pytest.fixture(scope="module")
def roles(stack: Terraform, aws: dict[str, str]) -> dict[str, Role]:
    """Return the roles of the applied stack with their policies."""
    return roles_of(client("iam", aws))


@pytest.fixture(scope="module")
def resources(stack: Terraform) -> dict[str, list[dict[str, Any]]]:
    """Return the attributes of all resources of the applied stack, by type."""
    state = json.loads(stack.run("state", "pull"))
    found: dict[str, list[dict[str, Any]]] = {}
    for one in state["resources"]:
        if one["mode"] == "managed":
            made = [instance["attributes"] for instance in one["instances"]]
            found.setdefault(one["type"], []).extend(made)
    return found
