"""Base class of the catalog plugins for warehouse tables."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kedro.io import AbstractDataset, DatasetError

from txn_kedro.datasets.contracts import contract_of
from txn_kedro.results import tell
from txn_kedro.warehouse.errors import LoadFailed
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.query import TableQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from kedro_datasets._typing import TablePreview

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse


class WarehouseTableDataset(
    AbstractDataset["Mapping[str, Callable[[], LakeFiles]]", "TableQuery | pd.DataFrame"]
):
    """A table of the warehouse. Saving appends committed batches to it, each exactly once, if its
    contract has a ``batch_column``; a table without one, such as the ledger, is only read.
    """

    DEFAULT_LOAD_ARGS: ClassVar[dict[str, Any]] = {"as_frame": False}
    _SINGLE_PROCESS = True

    def __init__(
        self,
        *,
        contract: str | dict[str, Any],
        table_name: str | None = None,
        schema_evolution: Literal["refuse", "add"] = "refuse",
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._table = contract_of(contract, table_name)
        if schema_evolution not in {"refuse", "add"}:
            msg = f"schema_evolution: expected refuse or add, got {schema_evolution!r}."
            raise DatasetError(msg)
        self._evolves = schema_evolution == "add"
        self._load_args = {**self.DEFAULT_LOAD_ARGS, **(load_args or {})}
        self.metadata = metadata

    @property
    def table(self) -> Table:
        """The table's contract."""
        return self._table

    @property
    def evolves(self) -> bool:
        """Whether a load adds the columns that the table lacks and that may be NULL."""
        return self._evolves

    @property
    @abstractmethod
    def warehouse(self) -> Warehouse:
        """The warehouse that the table is in."""

    @property
    def loader(self) -> Loader:
        """The loader of the table.

        Raises:
            DatasetError: Its contract has no ``batch_column``.
        """
        if self._table.batch_column is None:
            msg = (
                f"The table {self._table.name} is read-only: its contract has no batch_column, so "
                "no batch can be appended to it."
            )
            raise DatasetError(msg)
        return Loader(self.warehouse, self._table, evolve=self._evolves)

    def load(self) -> TableQuery | pd.DataFrame:
        """The table as a query, or all of it as a data frame if ``as_frame`` is set."""
        query = TableQuery.of(self._table, self.warehouse)
        return query.to_pandas() if self._load_args["as_frame"] else query

    def save(self, data: Mapping[str, Callable[[], LakeFiles]]) -> None:
        """Append batches that the table lacks.

        Args:
            data: Ids of the pending batches, each with the function that reads its manifest.

        Raises:
            LoadFailed: Some batches were refused; all others were loaded.
            OlderLayout: The warehouse was filled by an older version; nothing was loaded.
            TableMismatch: The table does not keep its contract; nothing was loaded.
            WarehouseUnavailable: The warehouse could not be opened.
        """
        try:
            report = self.loader.load(data)
        except LoadFailed as error:
            tell(error.report)
            raise
        tell(report)

    def preview(self, nrows: int = 20) -> TablePreview:
        """The first rows of the table, for Kedro-Viz."""
        from kedro_datasets._typing import TablePreview  # noqa: PLC0415  for Kedro-Viz only

        head = TableQuery.of(self._table, self.warehouse).head(nrows)
        return TablePreview(head.astype(str).to_dict(orient="split"))

    def _describe(self) -> dict[str, Any]:
        return {
            "warehouse": str(self.warehouse),
            "table_name": self._table.name,
            "schema_evolution": "add" if self._evolves else "refuse",
            "load_args": self._load_args,
        }

    def _exists(self) -> bool:
        if not self.warehouse.exists():
            return False
        name = self._table.name
        return bool(self.warehouse.read(lambda found: self.warehouse.columns(found, name)))
