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
        """Return what `kedro plan` reports for each batch, by name."""
        command = "kedro plan --json || test $? = 2"
        printed = self.run("exec", "-T", "scheduler", "sh", "-c", command)
        return {batch["name"]: batch for batch in json.loads(printed)["batches"]}


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
    assert "1 batch, " in printed
    assert call(*run, "id", "--user", "--name").strip() == "txn"


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
