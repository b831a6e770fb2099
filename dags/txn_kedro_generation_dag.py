"""Generates a batch of transactions a day and commits it to the lake.

Exported from the Kedro pipeline `generation` by `make dags`: change conf/base/airflow.yml or
conf/airflow_dag.py.j2, not this file.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, Param, task

PROJECT = os.environ.get("TXN_KEDRO_PROJECT") or str(Path(__file__).resolve().parents[1])
ENV = os.environ.get("KEDRO_ENV")
LAKE = Asset("txn_kedro_lake")


# What these import takes seconds, which only a task that runs may cost.
def run(context: Any, *nodes: str) -> dict[str, Any]:
    os.environ.setdefault("KEDRO_LOGGING_CONFIG", f"{PROJECT}/conf/logging_airflow.yml")
    from txn_kedro.orchestration import run_task

    return run_task(context, PROJECT, ENV, "generation", nodes)


def alert(context: Any) -> None:
    from txn_kedro.orchestration import send_alert

    send_alert(context)


with DAG(
    dag_id="txn_kedro_generation",
    description="Generates a batch of transactions a day and commits it to the lake.",
    doc_md=(
        "Each run commits one batch to the lake and updates the asset "
        "**txn_kedro_lake**, which starts **txn_kedro_loading**. The batch represents "
        "the run's logical date, or the *execution_time* of the trigger form. If its "
        "batch is already committed, a run writes nothing, so you may repeat any run "
        "and backfill any day."
    ),
    tags=["txn_kedro", "generation"],
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(seconds=14400),
    default_args={
        "owner": "data-engineering",
        "retries": 5,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(seconds=900),
        "execution_timeout": timedelta(seconds=3600),
        "max_active_tis_per_dag": 2,
        "on_failure_callback": alert,
    },
    params={
        "execution_time": Param(
            None,
            type=["null", "string"],
            format="date-time",
            description="The time that the batch represents. Empty means the run's logical date.",
        ),
        "seed": Param(
            None,
            type=["null", "integer"],
            minimum=0,
            maximum=9223372036854775807,
            description="The same seed, time and settings give the same bytes.",
        ),
        "revision": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=9999,
            description="2 or more to correct a committed batch.",
        ),
        "generation.min_rows": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=1000000000,
            description="Minimum number of transactions of the batch.",
        ),
        "generation.max_rows": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=1000000000,
            description="Maximum number of transactions of the batch.",
        ),
        "generation.cross_border_share": Param(
            None,
            type=["null", "number"],
            minimum=0,
            maximum=0.5,
            description="Share of transactions at a merchant in another country.",
        ),
        "generation.refund_share": Param(
            None,
            type=["null", "number"],
            minimum=0,
            maximum=0.5,
            description="Share of refunds.",
        ),
        "generation.decline_share": Param(
            None,
            type=["null", "number"],
            minimum=0,
            maximum=0.5,
            description="Share of declined transactions.",
        ),
        "generation.fraud_share": Param(
            None,
            type=["null", "number"],
            minimum=0,
            maximum=0.05,
            description="Share of fraudulent transactions.",
        ),
        "world.customers": Param(
            None,
            type=["null", "integer"],
            minimum=100,
            maximum=20000000,
            description="Number of customers. Another number is another world.",
        ),
        "world.merchants": Param(
            None,
            type=["null", "integer"],
            minimum=100,
            maximum=60000,
            description="Number of merchants. Another number is another world.",
        ),
    },
) as dag:

    @task(
        doc_md=(
            "Generates and commits the world that all batches share, unless the lake has "
            "it.\n"
            "\n"
            "Reads params:seed, params:world. Writes lake_cards, lake_customers, "
            "lake_merchants."
        ),
        priority_weight=2,
    )
    def plan_world(**context: Any) -> dict[str, Any]:
        return run(context, "plan_world")

    @task(
        doc_md=(
            "Generates and commits the batch of the run's execution time, unless the lake "
            "has it.\n"
            "\n"
            "Reads lake_cards, lake_customers, lake_merchants, params:execution_time, "
            "params:generation, params:revision, params:seed, params:world. Writes "
            "lake_transactions."
        ),
        priority_weight=1,
        outlets=[LAKE],
    )
    def plan_batch(**context: Any) -> dict[str, Any]:
        return run(context, "plan_batch")

    tasks = {
        "plan_world": plan_world(),
        "plan_batch": plan_batch(),
    }

    tasks["plan_world"] >> tasks["plan_batch"]
