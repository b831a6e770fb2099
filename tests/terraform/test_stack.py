"""The code in `terraform/`: its format, its tests with a mocked provider, a security scan."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.campaigns import amount, draw
from tests.paths import ROOT
from tests.terraform.terraform import EXAMPLES, FOLDERS, MODULES, STACK, Terraform


@pytest.fixture(scope="module")
def write_tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_tables", STACK / "write_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_file_is_formatted():
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed: https://developer.hashicorp.com/terraform/install")
    command = ["terraform", f"-chdir={STACK}", "fmt", "-check", "-diff", "-recursive"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("folder", draw().sample(FOLDERS, amount(4, len(FOLDERS))))
def test_the_code_is_valid_and_its_tests_pass(terraform: Terraform, folder: str):
    terraform.init(folder)
    output = terraform.run("test", "-no-color", folder=folder)
    assert re.search(r"\b[1-9]\d* passed, 0 failed", output)


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_planned(terraform: Terraform, example: str):
    terraform.init()
    folder = f"examples/{example}"
    output = terraform.run(
        "test", "-no-color", f"-test-directory={folder}", f"-var-file={folder}/terraform.tfvars"
    )
    assert "1 passed, 0 failed" in output


@pytest.mark.slow
def test_the_backend_needs_the_outputs_of_bootstrap(terraform: Terraform):
    """Terraform accepts the backend's settings, and reports only that the bucket is missing."""
    copy = terraform.root / "remote"
    copy.mkdir()
    shutil.copy(STACK / "examples/remote-state/backend.tf", copy)
    done = subprocess.run(
        ["terraform", "init", "-input=false", "-no-color"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert '"bucket"' in done.stderr
    assert "Unsupported argument" not in done.stderr


def test_the_readmes_list_all_variables_outputs_and_resources(write_tables: ModuleType):
    for readme in write_tables.readmes():
        assert readme.read_text() == write_tables.written(readme), "run make terraform-docs"
    folders = {readme.parent for readme in write_tables.readmes()}
    assert folders >= {STACK / "modules" / name for name in MODULES}


def test_every_variable_has_a_type_and_a_description_and_is_never_null(write_tables: ModuleType):
    for folder in FOLDERS:
        for name, body in write_tables.blocks(STACK / folder, "variable").items():
            assert set(body) >= {"description", "nullable", "type"}, f"{folder}: {name}"
            assert body["nullable"] is False, f"{folder}: {name}"
        for name, body in write_tables.blocks(STACK / folder, "output").items():
            assert "description" in body, f"{folder}: {name}"


def test_the_code_contains_no_account_and_no_region():
    for path in STACK.rglob("*.tf"):
        code = path.read_text()
        assert "123456789012" not in code.replace("arn:aws:iam::123456789012:", ""), path
        assert "us-east-1" not in code, path


@pytest.mark.slow
def test_the_security_scan_finds_no_weakness():
    checkov = ROOT / ".venv/checkov/bin/checkov"
    if not checkov.exists():
        pytest.skip("checkov is not installed: make terraform-test installs it")
    done = subprocess.run(
        [checkov, "--directory", STACK, "--framework", "terraform", "--skip-download", "--compact"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed checks: 0" not in done.stdout


def test_every_skipped_check_has_a_reason():
    for path in Path(STACK).rglob("*.tf"):
        for line in path.read_text().splitlines():
            if "checkov:skip" in line:
                assert len(line.split(":", 3)[-1].split()) > 1, f"{path}: {line.strip()}"
