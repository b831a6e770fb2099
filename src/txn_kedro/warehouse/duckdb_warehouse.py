"""DuckDB: the warehouse that needs no server, in one file."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from txn_kedro.lake import FolderLake
from txn_kedro.lake.errors import FilesRefused
from txn_kedro.lake.exclusive import locked
from txn_kedro.warehouse.definitions import sqlalchemy_table
from txn_kedro.warehouse.errors import TransientFailure, WarehouseRefused, WarehouseUnavailable
from txn_kedro.warehouse.fitting import FoundColumn
from txn_kedro.warehouse.sessions import SessionWarehouse
from txn_kedro.warehouse.steps import Step, must_be_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Reader
    from txn_kedro.warehouse.steps import Statement

logger = logging.getLogger(__name__)

_HELD = re.compile(r"Conflicting lock is held in (.+?)(?:\. See also|\. However|$)", re.DOTALL)
_DAMAGED = re.compile(
    "Corrupt|Failure while replaying|Could not read enough bytes|not a valid DuckDB database"
    "|Serialization Error|INTERNAL Error|FATAL Error"
)
_FULL = re.compile("No space left on device|Disk quota exceeded|File too large")
# Another loader has created the table or the column meanwhile.
_EXISTS = re.compile("(Table|Column) with name .+ already exists")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_ATOMIC = {"checkpoint_threshold": "0B"}
"""A commit then writes into the file, and ends by one write of its header. With a log, DuckDB 1.5
may lose half of a large transaction if it is killed in the middle of the commit."""
_turns: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)


def exact_pattern(path: str) -> str:
    r"""The glob pattern that matches one path only: DuckDB takes every path for a pattern.

    Raises:
        ValueError: DuckDB has no pattern for it.

    >>> exact_pattern("/data/lake[1]/part*.parquet")
    '/data/lake[[]1]/part[*].parquet'
    """
    escaped = re.sub(r"([\[*?])", r"[\1]", path)
    if escaped != path and "\\" in path:
        msg = f"DuckDB cannot read {path}: it has a backslash beside one of the characters [ * ?"
        raise ValueError(msg)
    return escaped


class DuckDBWarehouse(SessionWarehouse):
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
        self._path = Path(path).expanduser().absolute()
        self._config = dict(config)
        self._lock_timeout = lock_timeout

    def __str__(self) -> str:
        return str(self._path)

    def exists(self) -> bool:
        return self._path.exists()

    def _session(self) -> AbstractContextManager[sa.Connection]:
        return self._transaction(read_only=False)

    def _reading_session(self) -> AbstractContextManager[sa.Connection]:
        return self._transaction(read_only=True)

    @contextmanager
    def _transaction(self, *, read_only: bool) -> Iterator[sa.Connection]:
        # DuckDB refuses a reader beside a writer of the same process, so they take turns.
        turn = _turns[self._path.resolve()]
        if not turn.acquire(timeout=self._lock_timeout):
            problem = f"another thread used it for {self._lock_timeout:g} s"
            raise WarehouseUnavailable(str(self), problem, "Run again when that has ended.")
        try:
            with self._connect(read_only=read_only) as connection, connection.begin():
                yield connection
        finally:
            turn.release()

    def _interruption(self, connection: sa.Connection) -> Callable[[], object]:
        driver: Any = connection.connection.dbapi_connection
        return partial(_interrupt, driver)

    def _connect(self, *, read_only: bool) -> sa.Connection:
        """Connect; wait, within bounds, if another process uses the file."""
        if not self._path.exists():
            try:
                self._create()
            except OSError as error:
                problem = f"it cannot be created: {error.strerror}"
                remedy = f"Make sure that {self._path.parent} is a folder that you may write to."
                raise WarehouseUnavailable(str(self), problem, remedy) from error
        engine = self._engine(self._path, read_only=read_only)
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

    def _engine(self, path: Path, *, read_only: bool = False) -> sa.Engine:
        return sa.create_engine(
            sa.URL.create("duckdb", database=str(path)),
            poolclass=NullPool,
            # Closing rolls back. SQLAlchemy would log a traceback if that fails a second time.
            pool_reset_on_return=None,
            connect_args={"config": {**self._config, **_ATOMIC}, "read_only": read_only},
        )

    def _create(self) -> None:
        """Create the file atomically: DuckDB cannot open one whose creation was interrupted."""
        if "?" in str(self._path):
            remedy = "Choose a path without a question mark: DuckDB cannot keep its log there."
            raise WarehouseUnavailable(str(self), "its path has a question mark", remedy)
        with locked(self._path.parent):
            if self._path.exists():
                return
            self._set_aside_log()
            draft = self._path.with_name(f".{self._path.name}.tmp")
            draft.unlink(missing_ok=True)
            try:
                self._engine(draft).connect().close()
                draft.replace(self._path)
            finally:
                draft.unlink(missing_ok=True)

    @property
    def _log(self) -> Path:
        """DuckDB's write-ahead log, which belongs to the file beside it and to no other."""
        return self._path.with_name(f"{self._path.name}.wal")

    def _set_aside_log(self) -> None:
        """Rename the log of a file that was removed: DuckDB would apply it to the new file."""
        if not self._log.exists():
            return
        aside = self._log.with_name(f"{self._log.name}.{time.time_ns()}.removed")
        self._log.rename(aside)
        logger.warning(
            "%s belonged to a warehouse that was removed; it is now %s. Remove it if you do not "
            "need it.",
            self._log,
            aside.name,
        )

    def _unavailable(
        self, error: sa.exc.DBAPIError, held: re.Match[str] | None, waited: float
    ) -> WarehouseUnavailable:
        if held:
            problem = f"it is in use by {held[1]}, and was for {waited:.0f} s"
            return WarehouseUnavailable(str(self), problem, "Wait for that to end, or end it.")
        if damaged := self._damaged(error):
            return damaged
        remedy = "Make sure that it is a DuckDB file which you may read and write."
        return WarehouseUnavailable(str(self), _first_line(error), remedy)

    def _damaged(self, error: sa.exc.DBAPIError) -> WarehouseUnavailable | None:
        """The error for a file or a log that DuckDB cannot read; None if that is not the matter."""
        if not _DAMAGED.search(str(error.orig)):
            return None
        remedy = (
            f"Move {self._path} away, and {self._log} if it exists; the next load fills a new "
            "warehouse from the lake."
        )
        return WarehouseUnavailable(str(self), _first_line(error), remedy)

    @property
    def lock_statements(self) -> Sequence[Statement]:
        """Empty: a transaction has the file to itself."""
        return ()

    def columns(self, reader: Reader, table: str) -> dict[str, FoundColumn]:
        rows = reader.execute(
            sa.text(
                "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
                "WHERE table_name = :name AND NOT internal ORDER BY column_index"
            ).bindparams(name=table)
        )
        return {name: FoundColumn(kind, nullable) for name, kind, nullable in rows}

    def orphan_steps(self, table: Table, files: LakeFiles) -> list[Step]:
        """Return the step that removes rows of a batch without a ledger row.

        Version 1 of the project committed through DuckDB's log, and may have left such rows.
        """
        rows = sqlalchemy_table(table)
        is_of = rows.c[str(table.batch_column)] == files.manifest.batch_id
        return [Step(sa.delete(rows).where(is_of), partial(_log_orphans, files))]

    def copy_steps(self, table: Table, files: LakeFiles) -> list[Step]:
        target, rows = sqlalchemy_table(table), self._rows_of(files)
        return [
            Step(
                sa.insert(target).from_select(list(rows.selected_columns.keys()), rows),
                lambda result: must_be_all(files, result.rowcount),
            )
        ]

    def _rows_of(self, files: LakeFiles) -> sa.Select[Any]:
        """Return a SELECT of the parts' columns."""
        if not isinstance(files.lake, FolderLake):
            problem = f"{self} loads from a folder only, it is in {files.lake}"
            raise FilesRefused(files.label, problem, "Load it into Redshift.")
        try:
            paths = [exact_pattern(path) for path in files.paths]
        except ValueError as error:
            remedy = "Move the lake to a folder without a backslash."
            raise FilesRefused(files.label, str(error), remedy) from error
        parts = sa.func.read_parquet(
            sa.func.list_value(*paths), sa.text("hive_partitioning = false")
        )
        names = [element.name for element in files.manifest.columns.elements]
        return sa.select(*map(sa.column, names)).select_from(parts)

    def translated(self, error: Exception) -> WarehouseRefused | WarehouseUnavailable | None:
        if not isinstance(error, sa.exc.DBAPIError):
            return None
        error = _first(error)
        if _FULL.search(str(error.orig)):
            remedy = f"Free space on the disk of {self._path.parent}, then run again."
            return WarehouseUnavailable(str(self), _first_line(error), remedy)
        if _EXISTS.search(str(error.orig)):
            return TransientFailure(str(self), _first_line(error), "Run again.")
        return self._damaged(error) or WarehouseRefused(str(self), _first_line(error))

    @property
    def dialect(self) -> sa.Dialect:
        return self._engine(self._path).dialect


def _first(error: sa.exc.DBAPIError) -> sa.exc.DBAPIError:
    """The error before which all was well: after some, rolling back fails too."""
    found, before = error, error.__context__
    while before is not None:
        found = before if isinstance(before, sa.exc.DBAPIError) else found
        before = before.__context__
    return found


def _first_line(error: sa.exc.DBAPIError) -> str:
    """What DuckDB said, without the statement or the C++ stack trace below it."""
    return str(error.orig).partition("\n")[0].rstrip(".")


def _log_orphans(files: LakeFiles, result: sa.CursorResult[Any]) -> None:
    if result.rowcount:
        logger.warning("%s: removed %s rows of a killed load", files.label, f"{result.rowcount:,}")


def _interrupt(driver: Any) -> None:
    driver.interrupt()
