"""What the catalog plugins for warehouse tables share."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from kedro.io import AbstractDataset, DatasetError

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.synthesis.tables import TABLES, TRANSACTIONS
from txn_kedro.warehouse.base import sqlalchemy_table
from txn_kedro.warehouse.errors import LoadFailed
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.query import TableQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from kedro_datasets._typing import TablePreview

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse
    from txn_kedro.warehouse.outcomes import AlreadyLoaded, Loaded, LoadReport

logger = logging.getLogger(__name__)


class WarehouseTableDataset(
    AbstractDataset["Mapping[str, Callable[[], LakeFiles]]", "TableQuery | pd.DataFrame"]
):
    """A table of the warehouse. Saving loads committed files into it, exactly once: batches into
    ``transactions``, the newest batch's world into the world tables.
    """

    DEFAULT_LOAD_ARGS: ClassVar[dict[str, Any]] = {"as_frame": False}
    _SINGLE_PROCESS = True

    def __init__(
        self,
        *,
        table_name: str,
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if table_name not in TABLES:
            msg = f"table_name: there is no table {table_name!r}. Known: {', '.join(TABLES)}."
            raise DatasetError(msg)
        self._table = TABLES[table_name]
        self._load_args = {**self.DEFAULT_LOAD_ARGS, **(load_args or {})}
        self.metadata = metadata
        self.outcome: LoadReport | Loaded | AlreadyLoaded | None = None

    @property
    def table(self) -> Table:
        """The table's contract."""
        return self._table

    @property
    @abstractmethod
    def warehouse(self) -> Warehouse:
        """The warehouse that the table is in."""

    def load(self) -> TableQuery | pd.DataFrame:
        """The table as a query, or all of it as a data frame if ``as_frame`` is set."""
        query = self._query()
        return query.to_pandas() if self._load_args["as_frame"] else query

    def _query(self) -> TableQuery:
        table = sqlalchemy_table(self._table)
        return TableQuery(table, sa.select(table), self.warehouse)

    def save(self, data: Mapping[str, Callable[[], LakeFiles]]) -> None:
        """Load committed files.

        Args:
            data: Batch ids, each with the function that reads its manifest: for
                ``transactions`` the pending ones; for a world table those that
                may tell the world, the newest of them does.

        Raises:
            LoadFailed: Some batches were refused; all others were loaded.
            FilesRefused: A world table's file was refused.
            TableMismatch: A table differs from the contract; nothing was loaded.
            WarehouseUnavailable: The warehouse could not be opened.
        """
        loader = Loader(self.warehouse)
        if self._table is LOAD_LEDGER:
            msg = "load_ledger is read-only: a load writes it, with the rows that it tells of."
            raise DatasetError(msg)
        if self._table is TRANSACTIONS:
            try:
                self.outcome = loader.load_batches(data)
            except LoadFailed as error:
                self.outcome = error.report
                raise
        elif world := self.newest_world(data):
            self.outcome = loader.load_world_table(self._table, world)

    def newest_world(self, batches: Mapping[str, Callable[[], LakeFiles]]) -> LakeFiles | None:
        """A world table's files in the world of the newest batch that can be read."""
        for batch_id in sorted(batches, reverse=True):
            try:
                files = batches[batch_id]()
            except (FilesRefused, ManifestError) as error:
                logger.warning("Batch %s: passed over. %s", batch_id, error)
                continue
            return files.lake.world_table(files.manifest.world_fingerprint, self._table.name)
        return None

    def preview(self, nrows: int = 20) -> TablePreview:
        """The first rows of the table, for Kedro-Viz."""
        from kedro_datasets._typing import TablePreview  # noqa: PLC0415  for Kedro-Viz only

        return TablePreview(self._query().head(nrows).astype(str).to_dict(orient="split"))

    def _describe(self) -> dict[str, Any]:
        return {
            "warehouse": str(self.warehouse),
            "table_name": self._table.name,
            "load_args": self._load_args,
        }

    def _exists(self) -> bool:
        if not self.warehouse.exists():
            return False
        name = self._table.name
        return bool(self.warehouse.read(lambda found: self.warehouse.columns(found, name)))
