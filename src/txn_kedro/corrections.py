"""``kedro withdraw`` and ``kedro replace``: remove a batch from the warehouse, or replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.io import DatasetError

from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.query import TableQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
    from txn_kedro.lake import BatchReference, LakeFiles
    from txn_kedro.results import AlreadyLoaded, AlreadyWithdrawn, Loaded, Withdrawn
    from txn_kedro.stores import Stores


class Corrections:
    """Withdraws and replaces batches.

    Args:
        stores: Where the tables are.
        table: Name of the batches' table; None to find it by the batch.

    Raises:
        DatasetError: There is no such table.
    """

    def __init__(self, stores: Stores, table: str | None) -> None:
        known = [each.name for each in stores.loaded]
        if table is not None and table not in known:
            msg = f"No batches are loaded into a table {table!r}. Known: {', '.join(known)}."
            raise DatasetError(msg)
        self._stores = stores
        self._tables = [table] if table else known

    def withdrawal(self, batch_id: str) -> list[str]:
        """The SQL that withdraws a batch, in one transaction.

        Raises:
            DatasetError: No table has the batch, or several have.
        """
        return self._loaded(batch_id).loader.plan_withdrawal(batch_id)

    def withdraw(self, batch_id: str) -> Withdrawn | AlreadyWithdrawn:
        """Remove a batch from its table.

        Raises:
            DatasetError: No table has the batch, or several have.
        """
        return self._loaded(batch_id).loader.withdraw(batch_id)

    def replacement(self, batch_id: str) -> list[str]:
        """The SQL that replaces a batch, in one transaction.

        Raises:
            DatasetError: No table has the batch, or several have.
        """
        dataset = self._loaded(batch_id)
        return dataset.loader.plan_replacement(self._files(dataset, batch_id))

    def replace(self, batch_id: str) -> Loaded | AlreadyLoaded:
        """Replace a batch's rows with those of its current manifest.

        Raises:
            DatasetError: No table has the batch, or several have; or it is not in the lake.
        """
        dataset = self._loaded(batch_id)
        return dataset.loader.replace(self._files(dataset, batch_id))

    def _loaded(self, batch_id: str) -> WarehouseTableDataset:
        """Return the table that the ledger lists the batch under."""
        ledger = TableQuery.of(LOAD_LEDGER, self._stores.warehouse)
        rows = ledger.where(ledger.table.c.batch_id == batch_id).to_pandas()
        tables = [name for name in self._tables if name in set(rows["table_name"])]
        if len(tables) == 1:
            return self._stores.warehouses[tables[0]]
        if tables:
            msg = (
                f"Batch {batch_id} is in {len(tables)} tables: {', '.join(tables)}. Name one by "
                "--table."
            )
        else:
            where = f"the table {self._tables[0]}" if len(self._tables) == 1 else "any table"
            msg = (
                f"The warehouse {self._stores.warehouse} never had a batch {batch_id} of {where}. "
                "kedro plan lists what is loaded."
            )
        raise DatasetError(msg)

    def _files(self, dataset: WarehouseTableDataset, batch_id: str) -> LakeFiles:
        lake = self._stores.lakes[dataset.table.name]
        reference: BatchReference | None = lake.load().get(batch_id)
        if reference is None:
            msg = (
                f"Batch {batch_id} of {dataset.table.name} is not in the lake {lake.lake.url('')}, "
                "so it cannot be replaced. To remove it from the warehouse, run: kedro "
                f"withdraw {batch_id}"
            )
            raise DatasetError(msg)
        return reference()


def title(action: str, batch_ids: Sequence[str]) -> str:
    """Return the question that is asked before a correction."""
    many = "batch" if len(batch_ids) == 1 else "batches"
    return f"{action} {many} {', '.join(batch_ids)}?"
