"""Catalog plugins: batches in the lake and tables in the warehouse."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "duckdb_table_dataset": ["DuckDBTableDataset"],
        "parquet_batch_dataset": ["ParquetBatchDataset"],
        "redshift_table_dataset": ["RedshiftTableDataset"],
    },
)
