"""Airflow with all of its services, used through its REST API like a user's script."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.airflow.conftest import PROGRAMS, Airflow
from tests.patience import patience, wait_until


class Running(Airflow):
    """An Airflow with running services, used through its REST API."""

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._ask(f"/api/v2{path}", headers, body, method)

    @cached_property
    def token(self) -> str:
        return self._ask("/auth/token", {})["access_token"]

    def _ask(
        self, path: str, headers: dict[str, str], body: Any = None, method: str | None = None
    ) -> Any:
        url = f"http://127.0.0.1:{self.settings['AIRFLOW__API__PORT']}{path}"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        with urlopen(Request(url, content, headers, method=method), timeout=patience(5)) as answer:
            return json.load(answer)

    def is_healthy(self) -> bool:
        try:
            health = self._ask("/api/v2/monitor/health", {})
        except (URLError, ConnectionError):
            return False
        return all(
            health[part]["status"] == "healthy"
            for part in ("metadatabase", "scheduler", "dag_processor", "triggerer")
        )

    def dags(self) -> set[str]:
        return {dag["dag_id"] for dag in self.ask("/dags")["dags"]}

    def unpause(self, dag_id: str) -> None:
        self.ask(f"/dags/{dag_id}", {"is_paused": False}, "PATCH")

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Trigger a DAG without a logical date, and return the id of the run."""
        body = {"logical_date": None, "conf": conf}
        return self.ask(f"/dags/{dag_id}/dagRuns", body)["dag_run_id"]

    def runs(self, dag_id: str) -> dict[str, str]:
        """Return the state of each run, by id."""
        runs = self.ask(f"/dags/{dag_id}/dagRuns?order_by=-id&limit=100")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in runs}

    def tasks(self, dag_id: str, run_id: str) -> dict[str, tuple[str | None, int]]:
        """Return the state and the number of tries of each task, by name."""
        found = self.ask(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {task["task_id"]: (task["state"], task["try_number"]) for task in found}

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self.ask(f"{path}?deserialize=true")["value"]

    def wait(self, done: Callable[[], Any]) -> Any:
        """Wait until a condition is true, and return its value."""
        return wait_until(done, 30, pause=1, explain=self.logs)

    def logs(self) -> str:
        """Return the end of each service's log."""
        logs = [f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.home.glob("*.log")]
        return "\n".join(["", *logs])

    def wait_for(self, dag_id: str, run_id: str, state: str = "success") -> None:
        self.wait(lambda: self.runs(dag_id)[run_id] in {"success", "failed"})
        assert self.runs(dag_id)[run_id] == state, self.tasks(dag_id, run_id)

    @contextmanager
    def service(self, name: str, *options: str) -> Iterator[None]:
        """Run a service of Airflow inside the block, then stop it and its child processes."""
        with (self.home / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(PROGRAMS / "airflow"), name, *options],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience(2))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
