"""The tables that a project loads, with their datasets in the lake and in the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedro.io import DatasetError

from txn_kedro.datasets import ParquetBatchDataset
from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

    from txn_kedro.lake import Lake
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse


@dataclass(frozen=True)
class Stores:
    """The lake and warehouse datasets of some pipelines.

    Attributes:
        lakes: The lake's datasets by table.
        warehouses: The warehouse's datasets by table, in the order in which they are loaded.
    """

    lakes: Mapping[str, ParquetBatchDataset]
    warehouses: Mapping[str, WarehouseTableDataset]

    @classmethod
    def of(cls, pipelines: Iterable[Pipeline], catalog: DataCatalog) -> Stores:
        """The lake's and the warehouse's datasets that some pipelines use."""
        names = dict.fromkeys(
            name
            for pipeline in pipelines
            for node in pipeline.nodes
            for name in (*node.inputs, *node.outputs)
            if not name.startswith("params:")
        )
        found: list[object] = [catalog.get(name) for name in names]
        lakes = [each for each in found if isinstance(each, ParquetBatchDataset)]
        warehouses = [each for each in found if isinstance(each, WarehouseTableDataset)]
        return cls(
            {each.table.name: each for each in lakes},
            {each.table.name: each for each in warehouses if each.table.batch_column},
        )

    @property
    def lake_roots(self) -> list[Lake]:
        """The lakes, each once."""
        return list(
            {dataset.lake.url(""): dataset.lake for dataset in self.lakes.values()}.values()
        )

    @property
    def loaded(self) -> list[Table]:
        """Tables that are loaded from a lake into the warehouse, in that order."""
        return [each.table for name, each in self.warehouses.items() if name in self.lakes]

    @property
    def warehouse(self) -> Warehouse:
        """The one warehouse that the tables are in.

        Raises:
            DatasetError: There is none, or more than one.
        """
        found = {str(each.warehouse): each.warehouse for each in self.warehouses.values()}
        if len(found) != 1:
            where = ", ".join(found) or "none"
            msg = (
                "This command works with one warehouse, but the tables of this environment are in: "
                f"{where}. Declare all of them in one warehouse, or use an environment that does."
            )
            raise DatasetError(msg)
        return next(iter(found.values()))
