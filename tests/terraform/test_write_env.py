"""`make aws-env`, which writes Terraform's outputs to .env."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

OUTPUTS = {
    "lake_url": "s3://txn-lake/lake",
    "warehouse_host": "txn.123456789012.eu-central-1.redshift-serverless.amazonaws.com",
    "warehouse_database": "txn",
    "warehouse_copy_role_arn": "arn:aws:iam::123456789012:role/txn-copy",
    "warehouse_workgroup": "txn",
    "region": "eu-central-1",
    "pipeline_role_arn": "arn:aws:iam::123456789012:role/txn-pipeline",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "terraform").mkdir()
    shutil.copy(ROOT / "terraform/write_env.py", tmp_path / "terraform")
    shutil.copy(ROOT / ".env.example", tmp_path)
    return tmp_path


def write(project: Path, outputs: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "terraform/write_env.py"],
        cwd=project,
        input=outputs,
        capture_output=True,
        text=True,
        check=False,
    )


def printed(**changes: object) -> str:
    return json.dumps({name: {"value": value} for name, value in (OUTPUTS | changes).items()})


def read_by_a_shell(project: Path, variable: str) -> str:
    command = ["sh", "-c", f'set -a; . ./.env; set +a; printf %s "${variable}"']
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout


def test_a_shell_can_read_the_outputs(project):
    done = write(project, printed())
    assert done.returncode == 0
    assert "TXN_LAKE_URL=s3://txn-lake/lake" in done.stdout
    assert read_by_a_shell(project, "TXN_WAREHOUSE_COPY_ROLE") == OUTPUTS["warehouse_copy_role_arn"]
    assert read_by_a_shell(project, "AWS_REGION") == "eu-central-1"
    assert read_by_a_shell(project, "TXN_WAREHOUSE_PASSWORD") == ""


def test_only_the_owner_may_read_the_file(project):
    write(project, printed())
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600


def test_other_lines_are_kept(project):
    (project / ".env").write_text(
        "TXN_ALERT_URL=mailto://one\nAWS_REGION=us-east-1\nAWS_PROFILE=me"
    )
    write(project, printed())
    assert read_by_a_shell(project, "TXN_ALERT_URL") == "mailto://one"
    assert read_by_a_shell(project, "AWS_PROFILE") == "me"
    assert read_by_a_shell(project, "AWS_REGION") == "eu-central-1"
    assert (project / ".env").read_text().count("AWS_REGION=") == 1


def test_a_file_of_an_earlier_version_gets_what_compose_needs(project):
    (project / ".env").write_text("AWS_REGION=us-east-1\n# KEDRO_ENV=aws\n")
    write(project, printed())
    assert read_by_a_shell(project, "TXN_AWS_FOLDER") == str(Path("~/.aws").expanduser())
    assert read_by_a_shell(project, "KEDRO_ENV") == ""


def test_a_stack_that_is_not_applied_is_reported(project):
    done = write(project, "{}")
    assert done.returncode == 1
    assert "this stack is not applied" in done.stderr
    assert not (project / ".env").exists()


def test_an_error_of_terraform_is_reported(project):
    done = write(project, "")
    assert done.returncode == 1
    assert "Terraform printed no outputs" in done.stderr


@pytest.mark.parametrize("value", ["a b", "$(rm -rf /)", "'", "", None, ["a"], "a\nb"])
def test_a_value_with_shell_syntax_is_refused(project, value):
    done = write(project, printed(lake_url=value))
    assert done.returncode == 1
    assert "TXN_LAKE_URL" in done.stderr
    assert not (project / ".env").exists()


def test_the_stack_has_every_output_that_the_script_needs():
    stack = (ROOT / "terraform/outputs.tf").read_text()
    for name in OUTPUTS:
        assert f'output "{name}"' in stack
