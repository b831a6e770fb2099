"""tools/smoke_aws.sh: its steps and its output. terraform, aws and kedro are stubs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT

ACCOUNT = "123456789012"
AWS = f"""#!/bin/sh
case "$*" in
    "sts get-caller-identity"*) echo {ACCOUNT} ;;
    "sts assume-role"*) echo "KEY SECRET TOKEN" ;;
esac
"""
TERRAFORM = f"""#!/bin/sh
case "$1" in -chdir=*) shift ;; esac
echo "$1" >>"$LOG"
case "$*" in
    "output -json") echo '{{}}' ;;
    "output -raw"*) echo arn:aws:iam::{ACCOUNT}:role/x-pipeline ;;
    *) echo "in account {ACCOUNT}: $*"; [ "$1" != "$FAILS" ] ;;
esac
"""
KEDRO = """#!/bin/sh
echo "kedro $1 as $AWS_ACCESS_KEY_ID in $TXN_LAKE_URL" >>"$LOG"
[ "$1" != "$FAILS" ]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the script, committed, and stubs of the programs."""
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform/write_env.py").write_text(
        "import pathlib\n"
        "pathlib.Path(__file__).parents[1].joinpath('.env').write_text('TXN_LAKE_URL=s3://x\\n')\n"
    )
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/smoke_aws.sh", tmp_path / "tools")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "All"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True)
    for name, text in {
        "bin/aws": AWS,
        "bin/terraform": TERRAFORM,
        ".venv/bin/kedro": KEDRO,
        ".venv/bin/python": '#!/bin/sh\nexec python3 "$@"\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def smoke(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    temporary = project / "tmp"
    temporary.mkdir(exist_ok=True)
    return subprocess.run(
        [project / "tools/smoke_aws.sh", *arguments],
        cwd=project,
        env={
            **os.environ,
            "PATH": f"{project}/bin{os.pathsep}{os.environ['PATH']}",
            "LOG": str(project / "log"),
            "TMPDIR": str(temporary),
            "SMOKE_YES": "yes",
            **variables,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def steps(project: Path) -> list[str]:
    return (project / "log").read_text().splitlines()


RUNS = [f"kedro {command} as KEY in s3://x" for command in ("doctor", "run", "run", "plan")]


def test_the_stack_is_applied_checked_loaded_twice_and_destroyed(project):
    done = smoke(project, "eu-central-1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(project) == [
        *["version", "init", "apply", "output", "output"],
        *RUNS,
        *["apply", "destroy"],
    ]
    assert done.stdout.endswith("PASSED\n")
    assert list((project / "tmp").iterdir()) == []


def test_the_output_names_no_account_and_no_key(project):
    done = smoke(project, "eu-central-1")
    printed = (project / "smoke_aws.log").read_text()
    assert "in account 000000000000: apply" in printed
    assert ACCOUNT not in printed
    assert "SECRET" not in done.stdout + done.stderr
    assert "TOKEN" not in done.stdout + done.stderr


@pytest.mark.parametrize("step", ["doctor", "run"])
def test_a_step_that_fails_ends_the_run_and_the_stack_is_still_destroyed(project, step):
    done = smoke(project, "eu-central-1", FAILS=step)
    assert done.returncode == 1
    assert steps(project)[-2:] == ["apply", "destroy"]
    assert "kedro plan as KEY in s3://x" not in steps(project)
    assert done.stdout.endswith("FAILED with exit code 1\n")


def test_a_stack_that_could_not_be_destroyed_keeps_its_state(project):
    done = smoke(project, "eu-central-1", FAILS="destroy")
    assert done.returncode == 1
    assert "The stack was not destroyed. Its state is in " in done.stdout
    (work,) = (project / "tmp").iterdir()
    assert (work / "terraform").is_dir()


def test_nothing_happens_without_a_yes(project):
    done = smoke(project, "eu-central-1", SMOKE_YES="")
    assert done.returncode == 1
    assert not (project / "log").exists()


def test_a_region_is_required(project):
    done = smoke(project, AWS_REGION="")
    assert done.returncode == 1
    assert "pass a region" in done.stderr
