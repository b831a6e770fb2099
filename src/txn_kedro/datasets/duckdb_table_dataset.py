"""Catalog plugin: a table of the embedded warehouse."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar, Literal

from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
from txn_kedro.warehouse.duckdb_warehouse import DuckDBWarehouse


class DuckDBTableDataset(WarehouseTableDataset):
    """``DuckDBTableDataset`` loads committed batches into a table of a DuckDB file, exactly once,
    and reads the table as a lazy query.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        warehouse_orders:
          type: txn_kedro.datasets.DuckDBTableDataset
          filepath: data/warehouse.duckdb
          contract: my_project.tables.ORDERS
          config:
            memory_limit: 256MB
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> import pyarrow as pa
        >>> from txn_kedro.datasets import DuckDBTableDataset, ParquetBatchDataset
        >>> from txn_kedro.lake import LazyBatch
        >>>
        >>> contract = {
        ...     "batch_column": "batch_id",
        ...     "columns": [
        ...         {"name": "order_id", "type": "BIGINT"},
        ...         {"name": "batch_id", "type": "VARCHAR(16)", "repeats": True},
        ...     ],
        ... }
        >>> lake = ParquetBatchDataset(
        ...     filepath=str(tmp_path / "lake"), table_name="orders", contract=contract
        ... )
        >>> lake.save(LazyBatch("20261122", parts=[lambda: [pa.table({"order_id": [1, 2, 3]})]]))
        >>> orders = DuckDBTableDataset(
        ...     filepath=str(tmp_path / "warehouse.duckdb"), table_name="orders", contract=contract
        ... )
        >>> orders.save(lake.load())
        >>> query = orders.load()
        >>> query.count()
        3
        >>> query.where(query.table.c.order_id > 1).count()
        2

    """

    # Rows carry their order in event_ts; keeping that of the files costs twice the time.
    DEFAULT_CONFIG: ClassVar[dict[str, Any]] = {
        "memory_limit": "256MB",
        "preserve_insertion_order": False,
    }

    def __init__(
        self,
        *,
        filepath: str,
        contract: str | dict[str, Any],
        table_name: str | None = None,
        schema_evolution: Literal["refuse", "add"] = "refuse",
        config: dict[str, Any] | None = None,
        lock_timeout: float = 60.0,
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``DuckDBTableDataset``.

        Args:
            filepath: The DuckDB file; made when first loaded into.
            contract: The table's contract: import path of a ``txn_kedro.tables.Table``, or of a
                module that holds the table ``table_name``; or a dictionary of ``columns`` and the
                other attributes of ``Table``.
            table_name: Name of the table; only needed if ``contract`` does not name one table.
            schema_evolution: What a load does if the table lacks a column of the contract that may
                be NULL: ``refuse``, and show the statement that adds it; or ``add`` the column.
            config: Settings of DuckDB, such as ``memory_limit`` and ``threads``.
            lock_timeout: Seconds to wait for another process that uses the file.
            load_args: ``as_frame`` loads all rows as a ``pandas.DataFrame`` at once; without it,
                loading gives a ``TableQuery``.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.
        """
        super().__init__(
            contract=contract,
            table_name=table_name,
            schema_evolution=schema_evolution,
            load_args=load_args,
            metadata=metadata,
        )
        settings = {**self.DEFAULT_CONFIG, **deepcopy(config or {})}
        self._warehouse = DuckDBWarehouse(filepath, settings, lock_timeout)

    @property
    def warehouse(self) -> DuckDBWarehouse:
        return self._warehouse
