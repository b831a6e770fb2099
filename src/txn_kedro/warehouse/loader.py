"""The loader: each committed batch into the warehouse exactly once, by one protocol for all."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from txn_kedro.lake.errors import FilesRefused, LakeUnavailable, ManifestError
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.terminal import bar
from txn_kedro.warehouse.base import sqlalchemy_table
from txn_kedro.warehouse.errors import (
    LedgerDisagrees,
    LoadFailed,
    WarehouseRefused,
    WarehouseUnavailable,
)
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.outcomes import AlreadyLoaded, Loaded, LoadReport
from txn_kedro.warehouse.retrying import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse

logger = logging.getLogger(__name__)

_LEDGER = sqlalchemy_table(LOAD_LEDGER)


class Loader:
    """Loads batches and world tables.

    Args:
        warehouse: Where to.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def load_batches(self, pending: Mapping[str, Callable[[], LakeFiles]]) -> LoadReport:
        """Load batches in time order. One that cannot be loaded does not stop the others.

        A batch that the ledger has is not loaded again; its manifest is compared with the ledger.

        Args:
            pending: Batch ids, each with the function that reads its manifest.

        Returns:
            What was loaded, and what was in the warehouse already.

        Raises:
            LoadFailed: Some batches were refused; all others were loaded.
            TableMismatch: A table differs from the contract; nothing was loaded.
            WarehouseUnavailable: The warehouse could not be opened.
        """
        report, stopped = LoadReport(), None
        if not pending:
            logger.info("Nothing pending: the lake has no batch that the warehouse lacks")
            return report
        self._prepare(LOAD_LEDGER, TRANSACTIONS)
        known = retrying(partial(self._known, pending))
        for number, batch_id in _counted(sorted(pending), report):
            progress = f"{number} of {len(pending)}"
            try:
                files = pending[batch_id]()
                if batch_id in known:
                    outcome: Loaded | AlreadyLoaded = self.compare(files, known[batch_id])
                else:
                    outcome = retrying(partial(self.load_batch, files))
            except (FilesRefused, LedgerDisagrees, ManifestError) as error:
                logger.warning("Batch %s: refused (%s)", batch_id, progress)
                report.failures.append(str(error))
            except WarehouseRefused as error:
                logger.warning("Batch %s: failed (%s)", batch_id, progress)
                problem = f"Batch {batch_id}: nothing of it loaded: {error.problem}"
                report.failures.append(problem)
            except (LakeUnavailable, WarehouseUnavailable) as error:
                left = len(pending) - number
                logger.warning("Batch %s: failed (%s)", batch_id, progress)
                report.failures.append(f"Batch {batch_id}, and {left} more not tried: {error}")
                stopped = error
                break
            else:
                _log_outcome(f"Batch {batch_id}", outcome, progress)
                report.add(outcome)
        if report.failures:
            raise LoadFailed(report) from stopped
        return report

    def _known(self, batch_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """The ledger's rows of some batches, by their id."""
        between = _LEDGER.c.batch_id.between(min(batch_ids), max(batch_ids))
        with self._warehouse.reading() as connection:
            rows = connection.execute(sa.select(_LEDGER).where(between)).mappings().all()
        return {row["batch_id"]: dict(row) for row in rows}

    def compare(self, files: LakeFiles, row: Mapping[str, Any]) -> AlreadyLoaded:
        """Make sure that a batch in the warehouse was loaded by the manifest that the lake has.

        Args:
            files: The batch in the lake.
            row: Its row of the ledger.

        Raises:
            LedgerDisagrees: It was loaded by another manifest.
        """
        if differences := _differences(files, row):
            removal = self._removal(files)
            raise LedgerDisagrees(files.manifest.name, files.manifest_url, differences, removal)
        return AlreadyLoaded(files.manifest.name)

    def _removal(self, files: LakeFiles) -> list[str]:
        """SQL that removes a batch, rows and ledger row, from the warehouse."""
        tables = (sqlalchemy_table(TRANSACTIONS), _LEDGER)
        deletes = [sa.delete(t).where(t.c.batch_id == files.manifest.name) for t in tables]
        return [self._warehouse.sql(s) for s in (*self._warehouse.lock_statements, *deletes)]

    def load_batch(self, files: LakeFiles) -> Loaded | AlreadyLoaded:
        """Load one batch in one transaction: the protocol, step by step.

        Raises:
            FilesRefused: Its files are not those of its manifest, or the rows not as many.
            LedgerDisagrees: Another loader has loaded it by another manifest.
        """
        begin, started = time.perf_counter(), datetime.now(UTC)
        files.check(TRANSACTIONS)
        manifest = files.manifest
        with self._warehouse.transaction() as connection:
            self._warehouse.lock_ledger(connection)
            if row := connection.execute(_look_up(manifest.name)).mappings().first():
                return self.compare(files, dict(row))
            self._copy(connection, TRANSACTIONS, files)
            connection.execute(_ledger_row(files, started))
        return Loaded(manifest.name, manifest.volume, time.perf_counter() - begin)

    def statements(self, files: LakeFiles) -> list[str]:
        """The SQL that ``load_batch`` would send between BEGIN and COMMIT.

        Raises:
            FilesRefused: The warehouse cannot read the lake that the batch is in.
        """
        statements = [
            *self._warehouse.lock_statements,
            _look_up(files.manifest.name),
            *self._warehouse.copy_statements(TRANSACTIONS, files),
            _ledger_row(files, datetime.now(UTC)),
        ]
        return [self._warehouse.sql(statement) for statement in statements]

    def load_world_table(self, table: Table, files: LakeFiles) -> Loaded | AlreadyLoaded:
        """Make a world table hold the rows of one world, unless it does.

        Raises:
            FilesRefused: Its files are not those of its manifest, or the rows not as many.
            TableMismatch: The table differs from the contract.
            WarehouseUnavailable: The warehouse could not be opened.
        """
        self._prepare(LOAD_LEDGER, table)
        with bar(f"Loading {table.name}"):
            outcome = retrying(partial(self._replace, table, files))
        _log_outcome(f"Table {table.name}", outcome, f"world {files.manifest.name}")
        return outcome

    def world_statements(self, table: Table, files: LakeFiles) -> list[str]:
        """The SQL that ``load_world_table`` would send between BEGIN and COMMIT.

        Raises:
            FilesRefused: The warehouse cannot read the lake that the world is in.
        """
        target = sqlalchemy_table(table)
        statements = [
            *self._warehouse.lock_statements,
            _count_worlds(target),
            sa.delete(target),
            *self._warehouse.copy_statements(table, files),
        ]
        return [self._warehouse.sql(statement) for statement in statements]

    @staticmethod
    def worlds(connection: sa.Connection, table: Table) -> dict[str, int]:
        """Fingerprints of the worlds in a world table, each with its number of rows."""
        found = connection.execute(_count_worlds(sqlalchemy_table(table)))
        return dict(tuple(row) for row in found)

    def _replace(self, table: Table, files: LakeFiles) -> Loaded | AlreadyLoaded:
        begin = time.perf_counter()
        target = sqlalchemy_table(table)
        with self._warehouse.transaction() as connection:
            self._warehouse.lock_ledger(connection)
            present = self.worlds(connection, table)
            if present == {files.manifest.name: files.manifest.volume.rows}:
                return AlreadyLoaded(files.manifest.name)
            files.check(table)
            for other in present.keys() - {files.manifest.name}:
                logger.warning(
                    "Table %s: world %s is replaced; the ids in batches that draw on it (see "
                    "load_ledger.world_fingerprint) no longer lead here",
                    table.name,
                    other,
                )
            connection.execute(sa.delete(target))
            self._copy(connection, table, files)
        return Loaded(files.manifest.name, files.manifest.volume, time.perf_counter() - begin)

    def _prepare(self, *tables: Table) -> None:
        """Create what is missing and check what is there, before anything is loaded."""

        def prepare() -> None:
            with self._warehouse.transaction() as connection:
                for table in tables:
                    self._warehouse.prepare(connection, table)

        retrying(prepare)

    def _copy(self, connection: sa.Connection, table: Table, files: LakeFiles) -> None:
        """Append the files, and make sure that it was all of their rows.

        Raises:
            FilesRefused: The warehouse took fewer or more; the transaction must not commit.
        """
        promised = files.manifest.volume.rows
        copied = self._warehouse.copy(connection, table, files)
        if copied != promised:
            problem = (
                f"COPY loaded {copied:,} rows, its manifest promises {promised:,}; rolled back"
            )
            remedy = f"Delete {files.manifest_url} and run its generation again."
            raise FilesRefused(files.label, problem, remedy)


def _counted(batch_ids: Sequence[str], report: LoadReport) -> Iterator[tuple[int, str]]:
    """Batches with their numbers from 1; each is shown as done once the next is asked for."""
    with bar("Loading", len(batch_ids), "batches") as advance:
        for number, batch_id in enumerate(batch_ids, start=1):
            before = report.volume.rows
            yield number, batch_id
            advance(1, report.volume.rows - before)


def _look_up(batch_id: str) -> sa.Select[Any]:
    """Asks for a batch's row of the ledger."""
    return sa.select(_LEDGER).where(_LEDGER.c.batch_id == batch_id)


def _count_worlds(table: sa.Table) -> sa.Select[Any]:
    world = table.c.world_fingerprint
    return sa.select(world, sa.func.count()).group_by(world)


def _ledger_row(files: LakeFiles, loaded_at: datetime) -> sa.Insert:
    return sa.insert(_LEDGER).values(
        batch_id=files.manifest.name,
        **_facts(files),
        manifest=files.manifest_url,
        manifest_version=files.manifest_version,
        loaded_at=loaded_at.replace(tzinfo=None),
    )


def _facts(files: LakeFiles) -> dict[str, Any]:
    """What the ledger keeps of a batch's content, wherever and whenever it was loaded."""
    manifest = files.manifest
    return {
        "row_count": manifest.volume.rows,
        "byte_count": manifest.volume.bytes,
        "part_count": manifest.volume.parts,
        "manifest_sha256": files.manifest_sha256,
        "schema_fingerprint": manifest.columns.fingerprint,
        "world_fingerprint": manifest.world_fingerprint,
    }


def _differences(files: LakeFiles, row: Mapping[str, Any]) -> list[str]:
    """What a manifest and a ledger row disagree on; what the row does not know is left out."""
    return [
        f"{name} is {row[name]} in the ledger, {value} in the lake"
        for name, value in _facts(files).items()
        if row[name] is not None and row[name] != value
    ]


def _log_outcome(label: str, outcome: Loaded | AlreadyLoaded, progress: str) -> None:
    if isinstance(outcome, Loaded):
        logger.info(
            "%s: %s rows loaded in %.1f s (%s)",
            label,
            f"{outcome.volume.rows:,}",
            outcome.seconds,
            progress,
        )
    else:
        logger.info("%s: in the warehouse already (%s)", label, progress)
