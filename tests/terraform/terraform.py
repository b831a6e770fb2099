"""Terraform on a copy of the project's stack, so that it leaves no files in the project."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT
from tests.patience import patience

STACK = ROOT / "terraform"
MODULES = sorted(path.name for path in (STACK / "modules").iterdir())
FOLDERS = [".", "bootstrap", *(f"modules/{name}" for name in MODULES)]
EXAMPLES = sorted(path.parent.name for path in STACK.glob("examples/*/terraform.tfvars"))

PROVIDER = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}
"""


@functools.cache
def settings() -> dict[str, str]:
    """Return an environment without the user's Terraform and AWS settings.

    If the user has no provider cache, use one in pytest's cache, because providers are large.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR"))
    }
    cache = ROOT / ".pytest_cache/terraform-plugins"
    if not Path("~/.terraformrc").expanduser().exists():
        cache.mkdir(parents=True, exist_ok=True)
        kept.setdefault("TF_PLUGIN_CACHE_DIR", str(cache))
    return {
        **kept,
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        # The provider reads its schema at each start. Less garbage collection saves a sixth of it.
        "GOGC": "400",
        # No lock file is committed, because it would contain the hashes of one platform only.
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1",
        "TF_REGISTRY_CLIENT_TIMEOUT": str(int(patience(1))),
        "TF_REGISTRY_DISCOVERY_RETRY": "0",
    }


@functools.cache
def init_options() -> list[str]:
    """Return the options with which `terraform init` finds the AWS provider.

    It comes from the registry, or else from a mirror on this machine: the folder
    TXN_TERRAFORM_MIRROR, or one that is found. If there is none, the test is skipped.
    """
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed: https://developer.hashicorp.com/terraform/install")
    mirror = os.environ.get("TXN_TERRAFORM_MIRROR")
    attempts = [[f"-plugin-dir={mirror}"]] if mirror else [[], *_mirrors()]
    for options in attempts:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "main.tf").write_text(PROVIDER)
            if _init(Path(folder), *options).returncode == 0:
                return options
    pytest.skip(
        "the AWS provider is not available: no registry answers, and this machine has no mirror "
        "(set TXN_TERRAFORM_MIRROR to one)"
    )


def _mirrors() -> list[list[str]]:
    """Return the unpacked provider mirrors on this file system."""
    if not shutil.which("find"):
        return []
    command = ["find", "/", "-xdev", "-type", "d", "-path", "*/hashicorp/aws"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")
    roots = {str(Path(line).parents[2]) for line in found if line and "/.terraform/" not in line}
    return [[f"-plugin-dir={root}"] for root in sorted(roots)]


def _terraform(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env={**settings(), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def _init(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `terraform init`, one at a time: a provider cache does not support concurrent use."""
    with (Path(tempfile.gettempdir()) / f"txn-kedro-terraform-{os.getuid()}.lock").open(
        "w"
    ) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _terraform(folder, "init", "-backend=false", "-input=false", "-no-color", *options)


@dataclass
class Terraform:
    """A copy of the stack.

    Args:
        root: Folder of the copy, which stands for the project's folder.
        environment: Additional variables for Terraform, such as the endpoints of AWS.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def copied(cls, root: Path, **environment: str) -> Terraform:
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "backend.tf", "*.auto.tfvars")
        shutil.copytree(STACK, root / "terraform", ignore=ignored)
        # Terraform would read a user's terraform.tfvars beside main.tf automatically.
        (root / "terraform/terraform.tfvars").unlink(missing_ok=True)
        for name in (".env.example", "Makefile", "compose.yml"):
            shutil.copy(ROOT / name, root)
        return cls(root, environment)

    def attempt(self, *arguments: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        return _terraform(
            self.root / "terraform" / folder, *arguments, environment=self.environment
        )

    def run(self, *arguments: str, folder: str = ".") -> str:
        done = self.attempt(*arguments, folder=folder)
        assert done.returncode == 0, f"terraform {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def init(self, folder: str = ".") -> None:
        self.run(
            "init", "-backend=false", "-input=false", "-no-color", *init_options(), folder=folder
        )

    def changes(self, *options: str) -> dict[str, dict[str, Any]]:
        """Return a plan's changes by address: the actions, and the values before and after."""
        self.run("plan", "-input=false", "-out=plan", *options)
        plan = json.loads(self.run("show", "-json", "plan"))
        return {
            one["address"]: one["change"]
            for one in plan.get("resource_changes", [])
            if one["change"]["actions"] not in (["no-op"], ["read"])
        }

    def made(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the created resources, or those of one kind, with attributes and dependencies."""
        state = json.loads(self.run("state", "pull"))
        return [
            instance
            for resource in state["resources"]
            if resource["mode"] == "managed" and kind in {None, resource["type"]}
            for instance in resource["instances"]
        ]

    def outputs(self) -> dict[str, Any]:
        printed = json.loads(self.run("output", "-json"))
        return {name: output["value"] for name, output in printed.items()}
