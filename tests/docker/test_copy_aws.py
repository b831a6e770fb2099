"""What the tasks in Compose sign in to AWS with: a copy of the host's AWS configuration."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.paths import ROOT

ROLE = "arn:aws:iam::123456789012:role/txn-pipeline"
KEYS = "aws_access_key_id = AKIAHOST\naws_secret_access_key = canary\n"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    folder = tmp_path / "host"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home/.aws").mkdir(parents=True)
    return tmp_path / "home"


def variables(**given: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "TXN_PIPELINE_ROLE": ROLE, "AWS_REGION": "eu-central-1", **given}


def copy(host: Path, home: Path, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "docker/copy_aws.py", host, home / ".aws"],
        env=variables(**given),
        capture_output=True,
        text=True,
        check=False,
    )


def identity(home: Path) -> str:
    """The ARN that a program with this home folder has, and its region."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    address, port = server.get_host_and_port()
    program = """
import boto3
session = boto3.session.Session()
print(session.client("sts").get_caller_identity()["Arn"], session.region_name)
"""
    try:
        return subprocess.run(
            [sys.executable, "-c", program],
            env=variables(HOME=str(home), AWS_ENDPOINT_URL=f"http://{address}:{port}"),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("config", "credentials", "given"),
    [
        ("", f"[default]\n{KEYS}", {}),
        ("[profile work]\nsource_profile = default\n", f"[default]\n{KEYS}", {}),
        ("[profile work]\nregion = us-east-1\n", f"[work]\n{KEYS}", {"AWS_PROFILE": "work"}),
        (f"[profile work]\n{KEYS}", "", {"AWS_PROFILE": "work"}),
        (
            f"[default]\n{KEYS}[profile txn]\nrole_arn = {ROLE}\nsource_profile = default\n",
            "",
            {"AWS_PROFILE": "txn"},
        ),
    ],
    ids=["keys", "default of others", "named", "keys in config", "role already"],
)
def test_the_tasks_become_the_pipeline_role(host, home, config, credentials, given):
    (host / "config").write_text(config)
    (host / "credentials").write_text(credentials)
    done = copy(host, home, **given)
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout + done.stderr
    arn, region = identity(home).split()
    assert arn.startswith("arn:aws:sts::123456789012:assumed-role/txn-pipeline/")
    assert region == "eu-central-1"


def test_without_a_pipeline_role_the_tasks_are_the_profile(host, home):
    (host / "credentials").write_text(f"[default]\n{KEYS}")
    copy(host, home, TXN_PIPELINE_ROLE="")
    assert identity(home).startswith("arn:aws:sts::123456789012:user/")


def test_the_copy_is_for_its_owner_only_and_the_original_stays(host, home):
    (host / "credentials").write_text(f"[default]\n{KEYS}")
    copy(host, home)
    assert {path.stat().st_mode & 0o777 for path in (home / ".aws").iterdir()} == {0o600}
    assert (host / "credentials").read_text() == f"[default]\n{KEYS}"


def test_tokens_of_sso_are_copied_unless_the_container_has_renewed_them(host, home):
    (host / "config").write_text("[default]\nsso_session = work\n[sso-session work]\n")
    token, copied = host / "sso/cache/a.json", home / ".aws/sso/cache/a.json"
    token.parent.mkdir(parents=True)
    token.write_text("old")
    copy(host, home)
    copied.write_text("renewed in the container")
    copy(host, home)
    assert copied.read_text() == "renewed in the container"
    token.write_text("new sign-in")
    os.utime(token, (copied.stat().st_mtime + 60,) * 2)
    copy(host, home)
    assert copied.read_text() == "new sign-in"


def test_a_profile_that_does_not_exist_is_an_error_with_the_known_ones(host, home):
    (host / "config").write_text("[profile work]\nregion = x\n")
    done = copy(host, home)
    assert done.returncode == 1
    assert done.stderr == (
        "Your AWS configuration has no profile default. Set AWS_PROFILE, in .env or in the shell, "
        "to one of: work.\n"
    )


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("credential_process = /opt/vault export", "/opt/vault (credential_process), which is not"),
        ("mfa_serial = arn:aws:iam::123456789012:mfa/me", "asks for a code (mfa_serial)"),
    ],
)
def test_a_profile_that_needs_the_host_is_an_error_with_a_remedy(host, home, setting, why):
    (host / "config").write_text(
        f"[profile base]\n{setting}\n[profile work]\nsource_profile = base\n"
    )
    done = copy(host, home, AWS_PROFILE="work")
    assert done.returncode == 1
    assert why in done.stderr
    assert "aws configure export-credentials --profile work --format env" in done.stderr


def test_credentials_of_the_environment_come_first(host, home):
    (host / "credentials").write_text(f"[default]\n{KEYS}")
    copy(host, home)
    done = copy(host, home, AWS_ACCESS_KEY_ID="AKIA")
    assert done.returncode == 0
    assert list((home / ".aws").iterdir()) == []


def test_without_a_configuration_there_is_nothing_to_do(host, home):
    done = copy(host, home)
    assert (done.returncode, done.stdout) == (0, "Found no AWS configuration to copy.\n")


def test_a_file_that_is_not_a_configuration_is_an_error_that_shows_none_of_it(host, home):
    (host / "credentials").write_text("canary\n")
    done = copy(host, home)
    assert done.returncode == 1
    assert done.stderr.startswith("The AWS configuration credentials cannot be read (")
    assert "canary" not in done.stderr
