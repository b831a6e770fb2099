"""The image and the stack of compose.yml on this machine's Docker engine."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from redshift_sandbox.servers import free_port
from tests.airflow.running import Running
from tests.conftest import SMALL, Copy
from tests.paths import ROOT

pytestmark = [pytest.mark.docker, pytest.mark.slow]

GENERATION, LOADING = "txn_kedro_generation", "txn_kedro_loading"
KEYS = "[default]\naws_access_key_id = AKIAHOST\naws_secret_access_key = secret\n"
BASES = {
    "BASE_IMAGE": "python:3.12-slim-bookworm",
    "POSTGRES_IMAGE": "postgres:17-bookworm",
}


def call(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """Return the Compose command, or skip without a Docker engine or the base images."""
    if not shutil.which("docker") or not succeeds("docker", "info"):
        pytest.skip("no Docker engine is running: start one, or set DOCKER_HOST")
    for variable, usual in BASES.items():
        image = os.environ.get(variable, usual)
        if not succeeds("docker", "image", "inspect", image) and not succeeds(
            "docker", "pull", image
        ):
            pytest.skip(f"the image {image} cannot be pulled: set {variable} to another one")
    if succeeds("docker", "compose", "version"):
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("Docker Compose is not installed")


@pytest.fixture(scope="module")
def image(compose: list[str]) -> Iterator[str]:
    name = f"txn-kedro-test:{secrets.token_hex(4)}"
    base = f"BASE_IMAGE={os.environ.get('BASE_IMAGE', BASES['BASE_IMAGE'])}"
    call("docker", "build", "--tag", name, "--build-arg", base, ".")
    call(
        "docker",
        "build",
        "--target",
        "sandbox",
        "--tag",
        sandbox_of(name),
        "--build-arg",
        base,
        ".",
    )
    yield name
    call("docker", "image", "rm", name, sandbox_of(name))


def sandbox_of(image: str) -> str:
    return image.replace("txn-kedro-test:", "txn-kedro-test-sandbox:")


class InDocker(Running):
    """Airflow in the stack, with the generated password for sign-in."""

    @cached_property
    def token(self) -> str:
        body = {"username": "admin", "password": self.settings["PASSWORD"]}
        return self._ask("/auth/token", {}, body)["access_token"]


@dataclass(frozen=True)
class Stack:
    """A running stack with a unique project name."""

    compose: list[str]
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        return call(*self.compose, *arguments, **self.environment)

    def airflow(self) -> InDocker:
        secret = "/opt/airflow/secrets/passwords.json"
        passwords = json.loads(self.run("exec", "-T", "api-server", "cat", secret))
        settings = {
            "AIRFLOW__API__PORT": self.environment["AIRFLOW_PORT"],
            "PASSWORD": passwords["admin"],
        }
        return InDocker(Path(), Copy(Path()), settings)

    def batches(self) -> dict[str, dict[str, Any]]:
        """Return what `kedro plan` reports for each batch of transactions, by id."""
        command = "kedro plan --json || test $? = 2"
        printed = self.run("exec", "-T", "scheduler", "sh", "-c", command)
        batches = json.loads(printed)["batches"]
        return {b["batch_id"]: b for b in batches if b["table"] == "transactions"}


@pytest.fixture(params=["local", "sandbox"])
def stack(request: pytest.FixtureRequest, compose: list[str], image: str) -> Iterator[Stack]:
    environment = {
        "COMPOSE_PROJECT_NAME": f"txntest{secrets.token_hex(4)}",
        "COMPOSE_PROFILES": "sandbox" if request.param == "sandbox" else "",
        "KEDRO_ENV": request.param,
        "TXN_IMAGE": image,
        "TXN_SANDBOX_IMAGE": sandbox_of(image),
        "AIRFLOW_PORT": str(free_port()),
    }
    started = Stack(compose, environment)
    try:
        started.run("up", "--detach")
        yield started
    finally:
        started.run("down", "--volumes", "--remove-orphans")


def test_the_image_runs_the_project(image):
    run = ("docker", "run", "--rm", image)
    printed = call(*run, "kedro", "run", "--params", SMALL)
    assert ": 4 batches, 500 customers, " in printed
    assert call(*run, "id", "--user", "--name").strip() == "txn"


def test_the_tasks_sign_in_to_aws_with_a_copy_that_they_may_read(compose, image, tmp_path):
    for name, text in {"config": "", "credentials": KEYS}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
        if os.getuid() == 0:
            os.chown(tmp_path / name, 4242, 4242)
    stack = Stack(
        compose,
        {
            "COMPOSE_PROJECT_NAME": f"txntest{secrets.token_hex(4)}",
            "TXN_IMAGE": image,
            "TXN_AWS_FOLDER": str(tmp_path),
            "TXN_PIPELINE_ROLE": "arn:aws:iam::123456789012:role/txn-pipeline",
            "AWS_ACCESS_KEY_ID": "",
        },
    )
    try:
        assert "role/txn-pipeline, from the profile default" in stack.run("run", "--rm", "copy-aws")
        program = "import boto3; print(boto3.session.Session().get_credentials().method)"
        task = ("run", "--rm", "--no-deps", "scheduler", "python", "-c", program)
        assert stack.run(*task).strip() == "assume-role"
    finally:
        stack.run("down", "--volumes")


def test_the_stack_generates_a_batch_requested_over_rest_and_loads_it(stack):
    airflow = stack.airflow()
    airflow.wait(airflow.is_healthy)
    airflow.wait(lambda: airflow.dags() == {GENERATION, LOADING})
    small = {"generation.min_rows": 1500, "generation.max_rows": 1500, "world.customers": 500}
    run_id = airflow.trigger(GENERATION, execution_time="2026-01-01T00:00:00Z", **small)
    airflow.wait_for(GENERATION, run_id)
    batch = airflow.wait(
        lambda: (b := stack.batches()["20260101T000000Z"])["state"] == "loaded" and b
    )
    assert batch["volume"]["rows"] == 1500
    airflow.wait(lambda: set(airflow.runs(LOADING).values()) == {"success"})
