"""A load by the loader's protocol, against a bare INSERT of the same files."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import duckdb

from benchmarks.batches import default_batch, duckdb_table, lake_table, save
from benchmarks.figures import Figure, median_ratio
from txn_kedro.datasets import DuckDBTableDataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 1_000_000
ROUNDS = 5


def measure(folder: Path) -> Iterator[Figure]:
    """The figures of this section."""
    lake = folder / "lake"
    save(lake, default_batch(lake, ROWS))
    batches = lake_table(lake).load()
    parts = next(iter(batches.values()))().paths
    numbers = count()

    def ours() -> None:
        duckdb_table(folder / f"ours-{next(numbers)}.duckdb").save(batches)

    def bare() -> None:
        path = str(folder / f"bare-{next(numbers)}.duckdb")
        with duckdb.connect(path, config=DuckDBTableDataset.DEFAULT_CONFIG) as connection:
            files = "read_parquet($1, hive_partitioning = false)"
            connection.execute(
                f"CREATE TABLE transactions AS SELECT * FROM {files} LIMIT 0",  # noqa: S608
                [parts],
            )
            connection.execute(f"INSERT INTO transactions SELECT * FROM {files}", [parts])  # noqa: S608

    ours()
    ratio, took, alone = median_ratio(ours, bare, ROUNDS)
    yield Figure("Load of 1M rows into DuckDB", ROWS / took / 1e3, "k rows/s")
    yield Figure("A bare INSERT INTO ... SELECT of the same files", ROWS / alone / 1e3, "k rows/s")
    yield Figure("... its time in the load", ratio, "x", "<= 1.5")
