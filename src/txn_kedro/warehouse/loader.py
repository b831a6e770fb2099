"""The loader: loads each committed batch exactly once, and withdraws or replaces it on request.

Each transaction follows the protocol. If it is interrupted, the whole transaction is tried again.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from txn_kedro.lake.errors import FilesRefused, LakeUnavailable, ManifestError
from txn_kedro.results import AlreadyLoaded, AlreadyWithdrawn, Loaded, LoadReport, Withdrawn
from txn_kedro.terminal import bar
from txn_kedro.warehouse import protocol
from txn_kedro.warehouse.errors import (
    LedgerDisagrees,
    LoadFailed,
    OtherLake,
    Superseded,
    WarehouseRefused,
    WarehouseUnavailable,
)
from txn_kedro.warehouse.protocol import LEDGER
from txn_kedro.warehouse.retrying import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse
    from txn_kedro.warehouse.fitting import Fit
    from txn_kedro.warehouse.steps import Step

logger = logging.getLogger(__name__)

_REFUSED = (FilesRefused, LedgerDisagrees, ManifestError, OtherLake)


class Loader:
    """Loads batches of one table.

    Args:
        warehouse: The warehouse to load into.
        table: Contract of the table; it has a ``batch_column``.
        evolve: Add columns of the contract that the table lacks and that may be NULL.
    """

    def __init__(self, warehouse: Warehouse, table: Table, *, evolve: bool = False) -> None:
        self._warehouse = warehouse
        self._table = table
        self._evolve = evolve

    def load(self, pending: Mapping[str, Callable[[], LakeFiles]]) -> LoadReport:
        """Load batches in time order. One that cannot be loaded does not stop the others.

        A batch that the ledger has is not loaded again; its manifest is compared with the ledger.

        Args:
            pending: Batch ids, each with the function that reads its manifest.

        Returns:
            The batches that were loaded, and those that were already there.

        Raises:
            LoadFailed: Some batches were refused; all others were loaded.
            OlderLayout: The warehouse was filled by an older version; nothing was loaded.
            TableMismatch: The table does not keep the contract; nothing was loaded.
            WarehouseUnavailable: The warehouse could not be opened.
        """
        report, stopped = LoadReport(self._table.name), None
        if not pending:
            logger.info("%s: no batch is pending", self._table.name)
            return report
        fit = self._prepare()
        known = self._known(list(pending))
        for number, batch_id in _counted(sorted(pending), report):
            label = f"Batch {batch_id} of {self._table.name}"
            in_short = f"{self._table.name} {batch_id}"
            progress = f" ({number} of {len(pending)})" if len(pending) > 1 else ""
            try:
                files = pending[batch_id]()
                if row := known.get((files.lake_id, batch_id)):
                    result: Loaded | AlreadyLoaded = protocol.compare(files, row)
                else:
                    result = self._load_by(protocol.append, fit, files)
            except Superseded as error:
                logger.warning("%s", error)
                report.add(AlreadyLoaded(self._table.name, batch_id))
            except _REFUSED as error:
                logger.warning("%s: refused%s", in_short, progress)
                report.failures.append(str(error))
            except WarehouseRefused as error:
                logger.warning("%s: failed%s", in_short, progress)
                report.failures.append(f"{label}: nothing of it loaded: {error.problem}")
            except (LakeUnavailable, WarehouseUnavailable) as error:
                left = len(pending) - number
                logger.warning("%s: failed%s", in_short, progress)
                report.failures.append(f"{label}, and {left} more not tried: {error}")
                stopped = error
                break
            else:
                _log(in_short, result, progress)
                report.add(result)
        if report.failures:
            raise LoadFailed(report) from stopped
        return report

    def withdraw(self, batch_id: str) -> Withdrawn | AlreadyWithdrawn:
        """Delete a batch's rows, and mark the batch in the ledger as withdrawn.

        Raises:
            NotInWarehouse: The warehouse never had it.
        """
        self._prepare()

        def transaction() -> Withdrawn | AlreadyWithdrawn:
            steps = protocol.withdraw(self._warehouse, self._table, batch_id)
            found = self._warehouse.run(f"{self._table.name} {batch_id}", steps)
            if isinstance(found, AlreadyWithdrawn):
                return found
            return Withdrawn(self._table.name, batch_id)

        return retrying(transaction)

    def replace(self, files: LakeFiles) -> Loaded | AlreadyLoaded:
        """Replace a batch's rows with those of its current manifest.

        Raises:
            FilesRefused: Its parts are not those of its manifest, or do not fit the table.
            NotInWarehouse: The warehouse never had it.
            OtherLake: The table has batches of another lake.
        """
        fit = self._prepare()
        return self._load_by(protocol.replace, fit, files)

    def plan(self, files: LakeFiles) -> list[str]:
        """Return the SQL that ``load`` would send for a batch, between BEGIN and COMMIT.

        Raises:
            FilesRefused: The warehouse cannot read the lake that the batch is in.
        """
        return self._sql(protocol.append(self._warehouse, self._table, files))

    def plan_withdrawal(self, batch_id: str) -> list[str]:
        """The SQL that ``withdraw`` would send, between BEGIN and COMMIT."""
        return self._sql(protocol.withdraw(self._warehouse, self._table, batch_id))

    def plan_replacement(self, files: LakeFiles) -> list[str]:
        """The SQL that ``replace`` would send, between BEGIN and COMMIT.

        Raises:
            FilesRefused: The warehouse cannot read the lake that the batch is in.
        """
        return self._sql(protocol.replace(self._warehouse, self._table, files))

    def _sql(self, steps: Sequence[Step]) -> list[str]:
        return [self._warehouse.sent(step) for step in steps]

    def _load_by(
        self,
        steps_of: Callable[[Warehouse, Table, LakeFiles], list[Step]],
        fit: Fit,
        files: LakeFiles,
    ) -> Loaded | AlreadyLoaded:
        """Run the steps that load a batch, in one transaction."""
        begin = time.perf_counter()
        manifest = files.manifest

        def transaction() -> Loaded | AlreadyLoaded:
            fit.check_batch(files)
            files.check()
            steps = steps_of(self._warehouse, self._table, files)
            found = self._warehouse.run(f"{manifest.table} {manifest.batch_id}", steps)
            if isinstance(found, AlreadyLoaded):
                return found
            seconds = time.perf_counter() - begin
            return Loaded(manifest.table, manifest.batch_id, manifest.volume, seconds)

        return retrying(transaction)

    def _prepare(self) -> Fit:
        """Create missing tables and check existing ones, before anything is loaded."""
        return retrying(lambda: self._warehouse.prepare(self._table, evolve=self._evolve))

    def _known(self, batch_ids: Sequence[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
        """The ledger's rows of some batches, by lake id and batch id."""
        statement = sa.select(LEDGER).where(
            LEDGER.c.table_name == self._table.name,
            LEDGER.c.batch_id.between(min(batch_ids), max(batch_ids)),
        )
        rows = self._warehouse.read(lambda found: found.execute(statement).mappings().all())
        return {(row["lake_id"], row["batch_id"]): dict(row) for row in rows}


def _counted(batch_ids: Sequence[str], report: LoadReport) -> Iterator[tuple[int, str]]:
    """Yield batches with their numbers from 1, and advance the progress bar after each."""
    with bar(f"Loading {report.table}", len(batch_ids), "batches") as advance:
        for number, batch_id in enumerate(batch_ids, start=1):
            before = len(report.loaded)
            yield number, batch_id
            advance(1, sum(batch.volume.rows for batch in report.loaded[before:]))


def _log(in_short: str, result: Loaded | AlreadyLoaded, progress: str) -> None:
    if isinstance(result, Loaded):
        rows = f"{result.volume.rows:,}"
        logger.info("%s: %s rows loaded in %.1f s%s", in_short, rows, result.seconds, progress)
    else:
        logger.info("%s: in the warehouse already%s", in_short, progress)
