"""Catalog plugin: a table of the embedded warehouse."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
from txn_kedro.warehouse.duckdb_warehouse import DuckDBWarehouse


class DuckDBTableDataset(WarehouseTableDataset):
    """``DuckDBTableDataset`` loads committed batches into a table of a DuckDB file, exactly once,
    and reads the table as a lazy query.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        transactions:
          type: txn_kedro.datasets.DuckDBTableDataset
          filepath: data/warehouse.duckdb
          table_name: transactions
          config:
            memory_limit: 256MB
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> from txn_kedro.datasets import DuckDBTableDataset, ParquetBatchDataset
        >>> from txn_kedro.synthesis.examples import small_batch
        >>>
        >>> lake = str(tmp_path / "lake")
        >>> ParquetBatchDataset(filepath=lake).save(small_batch("2026-11-22T06:00:00Z", rows=1000))
        >>> transactions = DuckDBTableDataset(
        ...     filepath=str(tmp_path / "warehouse.duckdb"), table_name="transactions"
        ... )
        >>> transactions.save(ParquetBatchDataset(filepath=lake).load())
        >>> query = transactions.load()
        >>> query.count()
        1000
        >>> query.where(query.table.c.amount < 0).count()
        0

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
        table_name: str,
        config: dict[str, Any] | None = None,
        lock_timeout: float = 60.0,
        load_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``DuckDBTableDataset``.

        Args:
            filepath: The DuckDB file; made when first loaded into.
            table_name: ``transactions``, ``customers``, ``cards``, ``merchants`` or
                ``load_ledger``.
            config: Settings of DuckDB, such as ``memory_limit`` and ``threads``.
            lock_timeout: Seconds to wait for another process that uses the file.
            load_args: ``as_frame`` loads all rows as a ``pandas.DataFrame`` at once; without it,
                loading gives a ``TableQuery``.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.
        """
        super().__init__(table_name=table_name, load_args=load_args, metadata=metadata)
        settings = {**self.DEFAULT_CONFIG, **deepcopy(config or {})}
        self._warehouse = DuckDBWarehouse(filepath, settings, lock_timeout)

    @property
    def warehouse(self) -> DuckDBWarehouse:
        return self._warehouse
