"""All services of Airflow, running on PostgreSQL and against the sandbox's S3 and Redshift.

The tests share one Airflow and run in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
import yaml

from redshift_sandbox import Sandbox
from redshift_sandbox.identities import BUCKET, DATABASE
from redshift_sandbox.servers import free_port
from tests.airflow.conftest import export
from tests.airflow.running import Running
from tests.campaigns import amount
from tests.conftest import make_copy
from tests.cutting import Cutter
from tests.redshift import RedshiftProject

pytestmark = pytest.mark.slow

GENERATION, LOADING = "txn_kedro_generation", "txn_kedro_loading"
DAYS = [f"2026010{day}T000000Z" for day in range(5, 5 + amount(2, 5))]


@dataclass(frozen=True)
class Chain:
    """Airflow, and the sandbox's lake and warehouse that its DAGs fill."""

    airflow: Running
    warehouse: RedshiftProject
    gate: Cutter

    def loaded(self) -> set[str]:
        """Return the ids of the batches in the ledger."""
        return set(self.warehouse.in_ledger())

    def wait_for_loads(self, *batch_ids: str) -> None:
        """Wait until these batches are loaded and no load runs. Each must be complete, once."""
        self.airflow.wait(lambda: {*batch_ids} <= self.loaded())
        self.airflow.wait(lambda: set(self.airflow.runs(LOADING).values()) == {"success"})
        assert self.warehouse.in_table() == self.warehouse.in_ledger()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    copy = make_copy(tmp_path_factory.mktemp("project"))
    make_small(copy.root / "conf/base/parameters_generation.yml")
    (copy.root / "dags").mkdir()
    export(copy, retry_delay=1, max_retry_delay=2, retries=20)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        # Connections to the warehouse go through the gate: closing it takes the warehouse down.
        gate = stack.enter_context(Cutter(sandbox.redshift_port, "before", times=0))
        settings = {
            **sandbox.environment,
            "REDSHIFT_SANDBOX_PORT": str(gate.port),
            "KEDRO_ENV": "sandbox",
            **database(Path(sandbox._servers.postgres_socket).parent),
            "AIRFLOW__API__PORT": str(free_port()),
            "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough to be one",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        }
        api = f"http://127.0.0.1:{settings['AIRFLOW__API__PORT']}"
        settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = f"{api}/execution/"
        airflow = Running(tmp_path_factory.mktemp("airflow"), copy, settings)
        airflow.run("db", "migrate")
        airflow.run("pools", "set", "warehouse", "1", "One loader at a time")
        port = settings["AIRFLOW__API__PORT"]
        served = ("--host", "127.0.0.1", "--port", port, "--workers", "1")
        stack.enter_context(airflow.service("api-server", *served))
        stack.enter_context(airflow.service("dag-processor"))
        stack.enter_context(airflow.service("scheduler", "--skip-serve-logs"))
        stack.enter_context(airflow.service("triggerer", "--skip-serve-logs"))
        airflow.wait(airflow.is_healthy)
        airflow.wait(lambda: airflow.dags() == {GENERATION, LOADING})
        warehouse = RedshiftProject(
            Path(), sandbox.s3_endpoint, sandbox.redshift_port, DATABASE, f"{BUCKET}/lake"
        )
        yield Chain(airflow, warehouse, gate)


def make_small(path: Path) -> None:
    parameters = yaml.safe_load(path.read_text())
    parameters["generation"] |= {"min_rows": 1000, "max_rows": 1000, "workers": 1}
    parameters["world"] |= {"customers": 500, "merchants": 200}
    path.write_text(yaml.safe_dump(parameters))


def database(socket_folder: Path) -> dict[str, str]:
    """Create Airflow's database on a PostgreSQL server, and return the settings to use it."""
    connection = psycopg2.connect(host=str(socket_folder), user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE airflow TEMPLATE template0")
        cursor.execute("ALTER DATABASE airflow SET standard_conforming_strings = on")
    connection.close()
    where = f"postgres@/airflow?host={socket_folder}"
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{where}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{where}",
    }


def test_unpausing_generates_todays_batch_and_the_asset_starts_the_load(chain):
    airflow = chain.airflow
    airflow.unpause(LOADING)
    airflow.unpause(GENERATION)
    (run_id,) = airflow.wait(lambda: airflow.runs(GENERATION))
    assert run_id.startswith("scheduled__")
    airflow.wait_for(GENERATION, run_id)
    (loading,) = airflow.wait(lambda: airflow.runs(LOADING))
    assert loading.startswith("asset_triggered__")
    chain.wait_for_loads()
    assert len(chain.loaded()) == 1


def test_a_batch_requested_over_rest_is_generated_and_the_asset_event_has_its_summary(chain):
    airflow = chain.airflow
    asked = {"execution_time": "2025-12-31T18:00:00+06:00", "generation.max_rows": 1234}
    run_id = airflow.trigger(GENERATION, **asked, **{"generation.min_rows": 1234})
    airflow.wait_for(GENERATION, run_id)
    summary = airflow.returned(GENERATION, run_id, "plan_batch")
    assert summary["batch_id"] == "20251231T120000Z"
    assert summary["rows"] == 1234
    (event,) = [
        event
        for event in airflow.ask("/assets/events?order_by=-timestamp")["asset_events"]
        if event["source_run_id"] == run_id
    ]
    assert event["extra"].items() >= summary.items()
    chain.wait_for_loads("20251231T120000Z")
    assert chain.warehouse.in_ledger()["20251231T120000Z"] == 1234


def test_a_load_is_retried_while_the_warehouse_is_down(chain):
    airflow = chain.airflow
    before = set(airflow.runs(LOADING))
    with chain.gate.closed():
        run_id = airflow.trigger(GENERATION, execution_time="2026-01-01T00:00:00Z")
        airflow.wait_for(GENERATION, run_id)
        (loading,) = airflow.wait(lambda: set(airflow.runs(LOADING)) - before)
        airflow.wait(lambda: airflow.tasks(LOADING, loading)["select_pending_transactions"][1] > 1)
        assert "20260101T000000Z" not in chain.loaded()
    chain.wait_for_loads("20260101T000000Z")


def test_an_error_that_would_recur_is_not_retried(chain):
    airflow = chain.airflow
    run_id = airflow.trigger(GENERATION, **{"generation.min_rows": 2, "generation.max_rows": 1})
    airflow.wait_for(GENERATION, run_id, "failed")
    assert airflow.tasks(GENERATION, run_id) == {
        "plan_world": ("failed", 1),
        "plan_batch": ("upstream_failed", 0),
    }


@pytest.mark.campaign
def test_a_backfill_loads_one_batch_per_day_each_once(chain):
    for dag_id in (LOADING, GENERATION):
        chain.airflow.unpause(dag_id)
    first, *_, last = [f"{day[:4]}-{day[4:6]}-{day[6:8]}" for day in DAYS]
    dates = ["--from-date", first, "--to-date", last]
    chain.airflow.run("backfill", "create", "--dag-id", GENERATION, *dates)
    chain.wait_for_loads(*DAYS)
    assert {chain.warehouse.in_ledger()[day] for day in DAYS} == {1000}
