"""Airflow, as installed here, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KEDRO, Copy
from tests.paths import ROOT

PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class Airflow:
    """A home of Airflow, with the DAGs of a project.

    Attributes:
        home: Its folder.
        project: The copy of the project that the DAGs are in.
        settings: Environment variables that it is run with besides the test's own.
    """

    home: Path
    project: Copy
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "KEDRO" not in name}
        return {
            **kept,
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project.root / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            **self.settings,
        }

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command of Airflow, from a folder that has nothing to do with it. Its output."""
        done = subprocess.run(
            [str(PROGRAMS / "airflow"), *arguments],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, script: str) -> Any:
        """Run a script. What it printed last, as JSON."""
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])


def export(project: Copy, **changes: object) -> None:
    """Export the DAGs of a project as `make dags` does, with other settings if some are given."""
    recipe = (ROOT / "Makefile").read_text().partition("kedro airflow create ")[2]
    options = recipe.partition("\n\t@")[0].replace("\\\n", " ").split()
    params = ",".join(f"{name}={value}" for name, value in changes.items())
    done = project.call(KEDRO, "airflow", "create", *options, "--params", params)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def airflow(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """Airflow with the committed DAGs, in a copy of the project."""
    shutil.copytree(ROOT / "dags", copy.root / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    return Airflow(tmp_path_factory.mktemp("airflow"), copy)
