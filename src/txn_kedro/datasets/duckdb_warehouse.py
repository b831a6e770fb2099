"""DuckDB: the warehouse that needs no server, in one file."""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from txn_kedro.datasets.errors import FilesRefused, WarehouseRefused, WarehouseUnavailable
from txn_kedro.datasets.lake import FolderLake
from txn_kedro.datasets.warehouse import Warehouse, sqlalchemy_table
from txn_kedro.synthesis.schema import TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from txn_kedro.datasets.lake import LakeFiles
    from txn_kedro.datasets.warehouse import Statement
    from txn_kedro.synthesis.schema import Table

logger = logging.getLogger(__name__)

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
    def _session(self) -> Iterator[sa.Connection]:
        turn = _turns[self._path.resolve()]
        if not turn.acquire(timeout=self._lock_timeout):
            problem = f"another thread had it for {self._lock_timeout:g} s"
            raise WarehouseUnavailable(str(self), problem, "Run again when that has ended.")
        try:
            with self._connect() as connection, connection.begin():
                yield connection
        finally:
            turn.release()

    def _connect(self) -> sa.Connection:
        """A connection, waited for within bounds if another process has the file."""
        if not self._path.exists():
            self._create()
        engine = self._engine(self._path)
        begin, pause = time.monotonic(), _FIRST_PAUSE
        while True:
            try:
                return engine.connect()
            except sa.exc.DBAPIError as error:
                waited = time.monotonic() - begin
                held = _HELD.search(str(error.orig))
                if held is None or waited + pause > self._lock_timeout:
                    raise self._unavailable(error, held, waited) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _engine(self, path: Path) -> sa.Engine:
        return sa.create_engine(
            sa.URL.create("duckdb", database=str(path)),
            poolclass=NullPool,
            connect_args={"config": self._config},
        )

    def _create(self) -> None:
        """Make the file whole at once: DuckDB cannot open one that it was killed at making."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.tmp")
        try:
            self._engine(draft).connect().close()
            with suppress(FileExistsError):
                os.link(draft, self._path)
        finally:
            draft.unlink(missing_ok=True)

    def _unavailable(
        self, error: sa.exc.DBAPIError, held: re.Match[str] | None, waited: float
    ) -> WarehouseUnavailable:
        if held:
            problem = f"it is in use by {held[1]}, and was for {waited:.0f} s"
            return WarehouseUnavailable(str(self), problem, "Wait for that to end, or end it.")
        remedy = (
            "Make sure that it is a DuckDB file which may be written; or move it away, and the "
            "next load fills a new one from the lake."
        )
        return WarehouseUnavailable(str(self), str(error.orig), remedy)

    def columns(self, connection: sa.Connection, table: str) -> dict[str, str]:
        rows = connection.execute(
            sa.text(
                "SELECT column_name, data_type FROM duckdb_columns() "
                "WHERE table_name = :name AND NOT internal ORDER BY column_index"
            ),
            {"name": table},
        )
        return dict(tuple(row) for row in rows)

    def copy_statements(self, table: Table, files: LakeFiles) -> list[Statement]:
        if not isinstance(files.lake, FolderLake):
            problem = f"{self} loads from a folder only, it lies in {files.lake}"
            raise FilesRefused(files.label, problem, "Load it into Redshift, or copy the lake.")
        target, names = sqlalchemy_table(table), table.column_names
        parts = sa.func.read_parquet(
            sa.func.list_value(*files.paths), sa.text("hive_partitioning = false")
        )
        rows = sa.select(*map(sa.column, names)).select_from(parts)
        insert = sa.insert(target).from_select(names, rows)
        return [*self._removal(target, files), insert] if table is TRANSACTIONS else [insert]

    @staticmethod
    def _removal(transactions: sa.Table, files: LakeFiles) -> list[Statement]:
        """Removes rows of a batch that the ledger lacks.

        Killed in the middle of a commit, DuckDB 1.5 may keep a large INSERT and lose the rest of
        its transaction, the ledger row among it.
        """
        return [sa.delete(transactions).where(transactions.c.batch_id == files.manifest.name)]

    def copy(self, connection: sa.Connection, table: Table, files: LakeFiles) -> int:
        *removals, insert = self.copy_statements(table, files)
        for removal in removals:
            if removed := connection.execute(removal).rowcount:
                logger.warning("%s: removed %s rows of a killed load", files.label, f"{removed:,}")
        return connection.execute(insert).rowcount

    def translated(self, error: Exception) -> WarehouseRefused | None:
        if isinstance(error, sa.exc.DBAPIError):
            return WarehouseRefused(str(self), str(error.orig))
        return None

    @property
    def dialect(self) -> sa.Dialect:
        return self._engine(self._path).dialect
