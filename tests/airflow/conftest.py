"""The installed Airflow, with a home folder of its own."""

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
from tests.patience import patience

PROGRAMS = Path(sys.executable).parent

# Airflow's default limits allow for seconds of imports, which is too short on a busy machine.
PATIENT = {
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": str(patience(10)),
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": str(int(patience(10))),
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": str(int(patience(10))),
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": str(int(patience(10))),
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": str(patience(1)),
}

NEXT = "--- next command ---"
IN_TURN = f"""
import json, sys
from airflow.__main__ import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["airflow", *arguments]
    main()
    print("{NEXT}", flush=True)
"""


@dataclass(frozen=True)
class Airflow:
    """An Airflow home with the DAGs of a project.

    Attributes:
        home: Folder of the Airflow home.
        project: Copy of the project that contains the DAGs.
        settings: Environment variables in addition to those of the test.
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
            **PATIENT,
            **self.settings,
        }

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run an Airflow command outside the project's folder, and return its output."""
        return self._run(str(PROGRAMS / "airflow"), *arguments, code=code)

    def _run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(
            command,
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def run_in_turn(self, *commands: tuple[str, ...]) -> list[str]:
        """Run commands in one process, to import Airflow once, and return the output of each."""
        output = self._run(sys.executable, "-c", IN_TURN, json.dumps(commands))
        return output.split(NEXT)[:-1]

    def python(self, script: str) -> Any:
        """Run a script and return the last line that it printed, parsed as JSON."""
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])


def export(project: Copy, **changes: object) -> None:
    """Export the DAGs of a project like `make dags`, with changed settings if any are given."""
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


@pytest.fixture(scope="session")
def migrated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow home with a migrated database, to be copied."""
    home = tmp_path_factory.mktemp("migrated")
    Airflow(home, Copy(home)).run("db", "migrate")
    return home


@pytest.fixture
def ready(airflow: Airflow, migrated_home: Path) -> Airflow:
    """Airflow with the committed DAGs and a database."""
    shutil.copy(migrated_home / "airflow.db", airflow.home)
    return airflow
