"""The image and the stack of compose.yml, on the Docker engine of this machine."""

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

from tests.airflow.running import Running
from tests.conftest import SMALL, Copy
from tests.paths import ROOT
from txn_kedro.sandbox.servers import free_port

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
    """The command, if there are an engine and the images that the stack stands on."""
    if not shutil.which("docker") or not succeeds("docker", "info"):
        pytest.skip("no Docker engine answers: start one, or set DOCKER_HOST")
    for variable, usual in BASES.items():
        image = os.environ.get(variable, usual)
        if not succeeds("docker", "image", "inspect", image) and not succeeds(
            "docker", "pull", image
        ):
            pytest.skip(f"the image {image} is not here and cannot be pulled: set {variable}")
    if succeeds("docker", "compose", "version"):
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    pytest.skip("Docker is here without Compose")


@pytest.fixture(scope="module")
def image(compose: list[str]) -> Iterator[str]:
    name = f"txn-kedro-test:{secrets.token_hex(4)}"
    base = f"BASE_IMAGE={os.environ.get('BASE_IMAGE', BASES['BASE_IMAGE'])}"
    call("docker", "build", "--tag", name, "--build-arg", base, ".")
    yield name
    call("docker", "image", "rm", name)


class InDocker(Running):
    """Airflow in the stack, signed in to with the password that the stack has made."""

    @cached_property
    def token(self) -> str:
        body = {"username": "admin", "password": self.settings["PASSWORD"]}
        return self._ask("/auth/token", {}, body)["access_token"]


@dataclass(frozen=True)
class Stack:
    """A running stack under a name of its own."""

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
        """What `kedro plan` says of each batch."""
        command = "kedro plan --json || test $? = 2"
        told = self.run("exec", "-T", "scheduler", "sh", "-c", command)
        return {batch["name"]: batch for batch in json.loads(told)["batches"]}


@pytest.fixture(params=["local", "sandbox"])
def stack(request: pytest.FixtureRequest, compose: list[str], image: str) -> Iterator[Stack]:
    environment = {
        "COMPOSE_PROJECT_NAME": f"txntest{secrets.token_hex(4)}",
        "COMPOSE_PROFILES": "sandbox" if request.param == "sandbox" else "",
        "KEDRO_ENV": request.param,
        "TXN_IMAGE": image,
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
    told = call(*run, "kedro", "run", "--params", SMALL)
    assert "1 batch, " in told
    assert call(*run, "id", "--user", "--name").strip() == "txn"


def test_the_stack_generates_what_rest_asks_for_and_loads_it(stack):
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
