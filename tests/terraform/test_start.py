"""How the Airflow host starts the stack, with a stub of `docker` that logs its arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terraform.terraform import STACK

DOCKER = """#!/bin/sh
echo "$@" >>log
case "$*" in
    "compose version") test -e compose ;;
    "run "*) touch compose ;;
    "compose pull"*) test -z "$NO_IMAGES" ;;
esac
"""
COMPOSE_IS_COPIED = (
    "run --rm --entrypoint cp --volume /usr/local/lib/docker/cli-plugins:/to registry/docker-28 "
    "/usr/local/libexec/docker/cli-plugins/docker-compose /to/"
)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    shutil.copy(STACK / "modules/airflow_ec2/files/start.sh", tmp_path)
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    return tmp_path


def start(host: Path, **environment: str) -> tuple[int, list[str]]:
    """Run start.sh, and return its exit code and the arguments of each call of `docker`."""
    (host / "log").unlink(missing_ok=True)
    variables = {"PATH": f"{host}:{os.environ['PATH']}", "DOCKER_IMAGE": "registry/docker-28"}
    done = subprocess.run([host / "start.sh"], env={**variables, **environment}, check=False)
    return done.returncode, (host / "log").read_text().splitlines()


def test_the_first_start_copies_compose_from_dockers_image(host):
    code, asked = start(host)
    assert code == 0
    assert asked == [
        "compose version",
        COMPOSE_IS_COPIED,
        "compose pull --quiet",
        "compose up --no-build --detach --remove-orphans",
    ]


def test_a_later_start_does_not_copy_compose_again(host):
    start(host)
    assert COMPOSE_IS_COPIED not in start(host)[1]


def test_if_an_image_is_missing_it_fails_and_starts_nothing(host):
    code, asked = start(host, NO_IMAGES="1")
    assert code != 0
    assert asked[-1] == "compose pull --quiet"
