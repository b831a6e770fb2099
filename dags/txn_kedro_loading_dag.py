"""Loads every committed batch that the warehouse lacks, exactly once.

Exported from the Kedro pipeline `loading` by `make dags`: change conf/base/airflow.yml or
conf/airflow_dag.py.j2, not this file.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, task

PROJECT = os.environ.get("TXN_KEDRO_PROJECT") or str(Path(__file__).resolve().parents[1])
ENV = os.environ.get("KEDRO_ENV")
LAKE = Asset("txn_kedro_lake")


# What these import takes seconds, which only a task that runs may cost.
def run(context: Any, *nodes: str) -> dict[str, Any]:
    os.environ.setdefault("KEDRO_LOGGING_CONFIG", f"{PROJECT}/conf/logging_airflow.yml")
    from txn_kedro.orchestration import run_task

    return run_task(context, PROJECT, ENV, "loading", nodes)


def alert(context: Any) -> None:
    from txn_kedro.orchestration import send_alert

    send_alert(context)


with DAG(
    dag_id="txn_kedro_loading",
    description="Loads every committed batch that the warehouse lacks, exactly once.",
    doc_md=(
        "Starts when the asset **txn_kedro_lake** is updated, and by hand. Each run "
        "loads **all** batches that are in the lake and not in the warehouse's "
        "ledger, whatever started it: an event that gets lost costs nothing, and a "
        "run too many loads nothing."
    ),
    tags=["txn_kedro", "loading"],
    schedule=LAKE,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(seconds=14400),
    default_args={
        "owner": "data-engineering",
        "retries": 5,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(seconds=900),
        "execution_timeout": timedelta(seconds=3600),
        "max_active_tis_per_dag": 2,
        "pool": "warehouse",
        "on_failure_callback": alert,
    },
) as dag:

    @task(
        doc_md=(
            "Loads the batches of transactions that the ledger lacks, each in a "
            "transaction of its own.\n"
            "\n"
            "Reads lake_transactions, load_ledger. Writes warehouse_transactions."
        ),
        priority_weight=2,
    )
    def select_pending_transactions(**context: Any) -> dict[str, Any]:
        return run(context, "select_pending_transactions")

    @task(
        doc_md=(
            "Loads the batches of the world's tables that the ledger lacks.\n"
            "\n"
            "Reads lake_cards, lake_customers, lake_merchants, load_ledger. Writes "
            "warehouse_cards, warehouse_customers, warehouse_merchants."
        ),
        priority_weight=1,
    )
    def select_pending_world(**context: Any) -> dict[str, Any]:
        return run(context, "select_pending_world")

    tasks = {
        "select_pending_transactions": select_pending_transactions(),
        "select_pending_world": select_pending_world(),
    }
