"""DuckDB: the warehouse that needs no server, in one file."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from txn_kedro.datasets.errors import FilesRefused, WarehouseUnavailable
from txn_kedro.datasets.lake import FolderLake
from txn_kedro.datasets.warehouse import Warehouse, sqlalchemy_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from txn_kedro.datasets.lake import LakeFiles
    from txn_kedro.synthesis.schema import Table

_HELD = re.compile(r"Conflicting lock is held in (.+?)(?:\. See also|\. However|$)", re.DOTALL)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_turns: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)


class DuckDBWarehouse(Warehouse):
    """A DuckDB file.

    One transaction at a time has the file: between processes DuckDB sees to that, between the
    threads of this one we do. Having it is the lock on the ledger, which therefore needs no key;
    and must have none, for DuckDB 1.5 loses rows from a unique index when it replays the log of
    a killed process, and then does not find a batch that it holds.

    Args:
        path: The file; made when first written to.
        config: Settings of DuckDB, such as ``memory_limit``.
        lock_timeout: Seconds to wait for another process to let go of the file.
    """

    REPORTED_TYPES: ClassVar[Mapping[str, str]] = {
        "VARCHAR": "VARCHAR",
        "DOUBLE PRECISION": "DOUBLE",
    }

    def __init__(self, path: str, config: Mapping[str, Any], lock_timeout: float) -> None:
        self._path = Path(path)
        self._config = dict(config)
        self._lock_timeout = lock_timeout

    def __str__(self) -> str:
        return str(self._path)

    def exists(self) -> bool:
        return self._path.exists()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        turn = _turns[self._path.resolve()]
        if not turn.acquire(timeout=self._lock_timeout):
            problem = "another thread of this process is using it"
            raise WarehouseUnavailable(str(self), problem, self._lock_timeout)
        try:
            with self._connect() as connection, connection.begin():
                yield connection
        finally:
            turn.release()

    def _connect(self) -> sa.Connection:
        """A connection, waited for within bounds if another process has the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            sa.URL.create("duckdb", database=str(self._path)),
            poolclass=NullPool,
            connect_args={"config": self._config},
        )
        begin, pause = time.monotonic(), _FIRST_PAUSE
        while True:
            try:
                return engine.connect()
            except sa.exc.DBAPIError as error:
                waited = time.monotonic() - begin
                held = _HELD.search(str(error.orig))
                if held is None or waited + pause > self._lock_timeout:
                    problem = f"it is in use by {held[1]}" if held else str(error.orig)
                    raise WarehouseUnavailable(str(self), problem, waited) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def lock_ledger(self, connection: sa.Connection) -> None:
        """Nothing to do: holding the file is the lock."""

    def columns(self, connection: sa.Connection, table: str) -> dict[str, str]:
        rows = connection.execute(
            sa.text(
                "SELECT column_name, data_type FROM duckdb_columns() "
                "WHERE table_name = :name AND NOT internal ORDER BY column_index"
            ),
            {"name": table},
        )
        return dict(tuple(row) for row in rows)

    def copy(self, connection: sa.Connection, table: Table, files: LakeFiles) -> int:
        if not isinstance(files.lake, FolderLake):
            problem = f"{self} loads from a folder only, it lies in {files.lake}"
            raise FilesRefused(files.label, problem, "Load it into Redshift, or copy the lake.")
        names = table.column_names
        parts = sa.text("read_parquet(:paths, hive_partitioning = false)")
        rows = sa.select(*map(sa.column, names)).select_from(parts.bindparams(paths=files.paths))
        result = connection.execute(sa.insert(sqlalchemy_table(table)).from_select(names, rows))
        return result.rowcount

    def is_transient(self, error: Exception) -> bool:
        """Never: whoever has the file has nobody to conflict with."""
        return False
