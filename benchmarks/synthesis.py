"""Synthesis and Parquet, on one core, against a Faker loop and against the writer alone."""

from __future__ import annotations

import os
import random
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from faker import Faker

from benchmarks.batches import default_batch, default_plan, save, world_in
from benchmarks.figures import Figure, median_ratio, seconds
from txn_kedro.lake.parquet import write_args
from txn_kedro.synthesis.batch import SHARD_ROWS
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.synthesis.transactions import Synthesiser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from txn_kedro.synthesis.batch import BatchPlan
    from txn_kedro.synthesis.world import World

ROWS = 1_000_000
LOOP_ROWS = 4_000
ROUNDS = 5


def measure(folder: Path) -> Iterator[Figure]:
    """The figures of this section."""
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
    pa.set_cpu_count(1)
    try:
        yield from _measure_on_one_core(folder)
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cores)
        pa.set_cpu_count(os.cpu_count() or 1)


def _measure_on_one_core(folder: Path) -> Iterator[Figure]:
    lake = folder / "lake"
    days = iter(range(1, 30))

    def whole() -> None:
        save(lake, default_batch(lake, ROWS, next(days), workers=1))

    whole()
    plan = default_plan(ROWS)
    world = world_in(lake, plan.world)
    loop = seconds(lambda: faker_loop(folder / "loop.parquet", LOOP_ROWS)) / LOOP_ROWS
    tables = ready_tables(Synthesiser(plan, world()), plan)
    alone = partial(write_alone, tables, folder)
    ratio, took, writer = median_ratio(partial(make_and_write, plan, world, folder), alone, ROUNDS)
    whole_ratio, whole_took, _ = median_ratio(whole, alone, ROUNDS)
    yield Figure("Faker loop -> pandas -> Parquet", 1 / loop / 1e3, "k rows/s")
    yield Figure("Synthesis + Parquet, 1M rows, one core", ROWS / took / 1e3, "k rows/s")
    yield Figure("... times the rows/s of the Faker loop", loop * ROWS / took, "x", ">= 300")
    yield Figure("write_table alone, the same tables and settings", writer, "s")
    yield Figure("... its time in synthesis + Parquet", ratio, "x", "<= 2")
    yield Figure(
        "A whole save: world, checksums, fsync, manifest", ROWS / whole_took / 1e3, "k rows/s"
    )
    yield Figure("... times the rows/s of the Faker loop", loop * ROWS / whole_took, "x", ">= 300")
    yield Figure("... write_table's time in it", whole_ratio, "x")


def make_and_write(plan: BatchPlan, load_world: Callable[[], World], folder: Path) -> None:
    """Synthesise a batch and write its parts, shard by shard, and no more."""
    synthesiser = Synthesiser(plan, load_world())
    for part in plan.parts():
        path = folder / f"made-{part.number}.parquet"
        schema = TRANSACTIONS.arrow_schema
        with pq.ParquetWriter(path, schema, **write_args(TRANSACTIONS)) as writer:
            for shard in part.shards:
                writer.write_batch(synthesiser.shard(shard))


def ready_tables(synthesiser: Synthesiser, plan: BatchPlan) -> list[pa.Table]:
    """The parts of a batch, as tables in memory."""
    return [
        pa.Table.from_batches([synthesiser.shard(shard) for shard in part.shards])
        for part in plan.parts()
    ]


def write_alone(tables: list[pa.Table], folder: Path) -> None:
    """What the writer alone takes."""
    for number, table in enumerate(tables):
        path = folder / f"alone-{number}.parquet"
        pq.write_table(table, path, row_group_size=SHARD_ROWS, **write_args(TRANSACTIONS))


def faker_loop(path: Path, rows: int) -> None:
    """The same columns, row by row, as one would write it first."""
    fake = Faker()
    made = []
    for number in range(rows):
        fraud = random.random() < 0.0025  # noqa: S311
        declined = random.random() < 0.05  # noqa: S311
        made.append(
            {
                "transaction_id": number,
                "batch_id": "20261001T000000Z",
                "event_ts": fake.date_time_this_month(),
                "customer_id": fake.random_int(1, 100_000),
                "card_id": fake.random_int(1, 155_000),
                "merchant_id": fake.random_int(1, 5_000),
                "merchant_name": fake.company(),
                "mcc": fake.random_element(("5411", "5812", "5814", "5541")),
                "category": fake.random_element(("groceries", "restaurants", "fast_food", "fuel")),
                "merchant_city": fake.city(),
                "merchant_country": fake.country_code(),
                "customer_country": fake.country_code(),
                "channel": fake.random_element(("chip", "contactless", "ecommerce", "atm")),
                "transaction_type": fake.random_element(("purchase", "withdrawal", "refund")),
                "amount": fake.pydecimal(left_digits=4, right_digits=2, positive=True),
                "currency": fake.currency_code(),
                "status": "declined" if declined else "approved",
                "decline_reason": "do_not_honor" if declined else None,
                "original_transaction_id": None,
                "is_cross_border": fake.boolean(6),
                "is_fraud": fraud,
                "fraud_pattern": "card_testing" if fraud else None,
                "world_fingerprint": "0123456789abcdef",
            }
        )
    pd.DataFrame(made).to_parquet(path)
