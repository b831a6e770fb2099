"""The COPY path over the sandbox, against INSERTs of the same rows by pandas and by Kedro."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redshift_connector.core
import sqlalchemy as sa
from kedro_datasets.pandas import SQLTableDataset

from benchmarks.batches import CONTRACTS, default_batch, lake_table, save
from benchmarks.figures import Figure, seconds
from redshift_sandbox import Sandbox
from redshift_sandbox import identities as known
from txn_kedro.datasets import RedshiftTableDataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

ROWS = 1_000_000
# At an INSERT a row, which is what both do unless told otherwise, a million takes very long.
INSERTED = 10_000
SMALL_BATCHES, SMALL_ROWS = 20, 1_000
OTHER_DATABASE = "by_data_api"


def measure(_folder: Path) -> Iterator[Figure]:
    """The figures of this section."""
    with Sandbox() as sandbox:
        place = _Place(sandbox, "lake")
        yield from _copy_against_inserts(place)
        yield from _overhead(place)
        place.query(f"CREATE DATABASE {OTHER_DATABASE}")
        yield from _overhead_of_data_api(_Place(sandbox, "other", OTHER_DATABASE), sandbox)


class _Place:
    """A lake and a warehouse of the sandbox, reached by each transport."""

    def __init__(self, sandbox: Sandbox, prefix: str, database: str = known.DATABASE) -> None:
        s3 = {"key": known.ACCESS_KEY, "secret": known.SECRET_KEY}
        self.lake: dict[str, Any] = {
            "lake": f"s3://{known.BUCKET}/{prefix}",
            "credentials": {**s3, "endpoint_url": sandbox.s3_endpoint},
        }
        self.sign_in = {
            "host": "127.0.0.1",
            "port": sandbox.redshift_port,
            "database": database,
            "user": known.USER,
            "password": known.PASSWORD,
        }
        self.table = self._table(self.sign_in)
        self.table_by_data_api = self._table(
            {
                "transport": "data_api",
                "workgroup": known.WORKGROUP,
                "region": "us-east-1",
                "database": database,
                "endpoint_url": sandbox.data_api_endpoint,
                **s3,
            }
        )
        who = f"{known.USER}:{known.PASSWORD}@127.0.0.1:{sandbox.redshift_port}"
        self.url = f"redshift+redshift_connector://{who}/{known.DATABASE}?ssl=False"

    @staticmethod
    def _table(credentials: dict[str, Any]) -> RedshiftTableDataset:
        return RedshiftTableDataset(
            contract=CONTRACTS,
            table_name="transactions",
            credentials={**credentials, "iam_role": known.COPY_ROLE},
        )

    def commit(self, rows: int, day: int) -> None:
        """Commit a batch of default settings."""
        where, options = self.lake["lake"], {"credentials": self.lake["credentials"]}
        save(where, default_batch(where, rows, day, **options), **options)

    def load(self) -> None:
        """Load what is committed."""
        self.table.save(lake_table(**self.lake).load())

    def first_rows(self, number: int) -> pd.DataFrame:
        """So many rows of the batches, as pandas has them."""
        newest = max(lake_table(**self.lake).load().values(), key=lambda batch: batch.name)
        return newest.rows().head(number).to_pandas()

    def seconds_of_copies(self, number: int) -> float:
        """How long the last COPYs took."""
        last = f"SELECT duration FROM sys_load_history ORDER BY query_id DESC LIMIT {number}"  # noqa: S608
        return sum(microseconds for (microseconds,) in self.query(last)) / 1e6

    def query(self, statement: str) -> list[Any]:
        """The rows that a statement gives."""
        with redshift_connector.connect(**self.sign_in, ssl=False) as connection:
            connection.autocommit = True
            cursor = connection.cursor().execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


def _copy_against_inserts(place: _Place) -> Iterator[Figure]:
    place.commit(ROWS, day=1)
    by_copy = ROWS / seconds(place.load)
    yield Figure("Load of 1M rows by COPY, over the sandbox", by_copy / 1e3, "k rows/s")
    rows = place.first_rows(INSERTED)
    place.query("CREATE TABLE inserted (LIKE transactions)")
    for name, insert in _inserts(place.url, rows).items():
        speed = INSERTED / seconds(insert)
        yield Figure(f"{name}, the first {INSERTED:,} of them", speed / 1e3, "k rows/s")
        yield Figure("... times its rows/s by COPY", by_copy / speed, "x")


def _inserts(url: str, rows: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Ways to insert rows."""
    append = {"if_exists": "append", "index": False}
    kedro = SQLTableDataset(table_name="inserted", credentials={"con": url}, save_args=append)
    engine = sa.create_engine(url)
    many = {**append, "method": "multi", "chunksize": 1000}
    return {
        "pandas.to_sql": lambda: rows.to_sql("inserted", engine, **append),
        "pandas.to_sql(method='multi')": lambda: rows.to_sql("inserted", engine, **many),
        "Kedro's SQLTableDataset": lambda: kedro.save(rows),
    }


def _overhead(place: _Place) -> Iterator[Figure]:
    """What a batch costs besides its COPY, over many small ones."""
    for day in range(2, SMALL_BATCHES + 2):
        place.commit(SMALL_ROWS, day)
    batches = lake_table(**place.lake).load()

    def load(names: list[str]) -> None:
        place.table.save({name: batches[name] for name in names})

    _large, second, *others = sorted(batches)
    with _counted() as one:
        load([second])
    with _counted() as many:
        took = seconds(lambda: load(others))
    besides = took - place.seconds_of_copies(len(others))
    yield Figure("A small batch, besides its COPY", 1000 * besides / len(others), "ms")
    # What both loads do once, such as checking the tables, goes out.
    further = len(others) - 1
    statements = (many["execute"] - one["execute"]) / further
    yield Figure("... statements", statements, "", "<= 8")
    round_trips = (many["handle_messages"] - one["handle_messages"]) / further
    yield Figure("... round trips", round_trips, "")


def _overhead_of_data_api(place: _Place, sandbox: Sandbox) -> Iterator[Figure]:
    """What a batch costs besides its COPY over the Data API."""
    for day in range(1, SMALL_BATCHES + 1):
        place.commit(SMALL_ROWS, day)
    batches = lake_table(**place.lake).load()
    first, *others = sorted(batches)
    place.table_by_data_api.save({first: batches[first]})
    before = sandbox.data_api.calls.total()
    took = seconds(lambda: place.table_by_data_api.save({name: batches[name] for name in others}))
    calls = sandbox.data_api.calls.total() - before
    besides = took - place.seconds_of_copies(len(others))
    yield Figure("... over the Data API", 1000 * besides / len(others), "ms")
    yield Figure("... calls, those that a load makes once included", calls / len(others), "")


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the driver's statements and round trips while the block lasts."""
    counts: Counter[str] = Counter()
    connection = redshift_connector.core.Connection
    originals = {name: getattr(connection, name) for name in ("execute", "handle_messages")}

    def counting(name: str) -> Callable[..., object]:
        def call(*arguments: Any, **options: Any) -> object:
            counts[name] += 1
            return originals[name](*arguments, **options)

        return call

    for name in originals:
        setattr(connection, name, counting(name))
    try:
        yield counts
    finally:
        for name, original in originals.items():
            setattr(connection, name, original)
