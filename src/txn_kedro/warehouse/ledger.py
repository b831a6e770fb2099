"""The ledger: which batches the warehouse has."""

from __future__ import annotations

from txn_kedro.tables import Column, Table

LOAD_LEDGER = Table(
    "load_ledger",
    "One row for each batch that is in the warehouse, written in the batch's own transaction",
    (
        Column("batch_id", "VARCHAR(16)", "The batch"),
        Column("row_count", "BIGINT", "Rows that were appended"),
        Column("byte_count", "BIGINT", "Size of its Parquet parts"),
        Column("part_count", "INTEGER", "Number of its Parquet parts"),
        Column("manifest", "VARCHAR(1024)", "Where its manifest is"),
        Column("manifest_sha256", "VARCHAR(64)", "SHA-256 of its manifest"),
        Column(
            "manifest_version",
            "VARCHAR(80)",
            "ETag of its manifest; in a folder, its size and time; if it changes, the SHA-256 is "
            "compared",
            nullable=True,
        ),
        Column("schema_fingerprint", "VARCHAR(16)", "Fingerprint of the columns"),
        Column("world_fingerprint", "VARCHAR(16)", "Fingerprint of the world that it draws on"),
        Column("loaded_at", "TIMESTAMP", "When the load began, UTC"),
    ),
    sort_key="batch_id",
)
