"""The ledger: the batches that were ever loaded, with their status and their manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.io import DatasetError

from txn_kedro.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

LOADED, WITHDRAWN, REPLACED = "loaded", "withdrawn", "replaced"

LOAD_LEDGER = Table(
    "load_ledger",
    "One row for each batch that was loaded, written in the transaction that changes the batch",
    (
        Column("lake_id", "VARCHAR(64)", "The lake that the batch is from"),
        Column("table_name", "VARCHAR(127)", "The table that the batch belongs to"),
        Column("batch_id", "VARCHAR(64)", "The batch; unique within lake and table"),
        Column(
            "status",
            "VARCHAR(16)",
            "loaded; withdrawn: its rows were deleted; replaced: its rows are those of a later "
            "manifest",
        ),
        Column(
            "load_number",
            "BIGINT",
            "Rises with every change of a batch: what is higher than a number changed after it",
        ),
        Column("revision", "INTEGER", "Revision of the manifest that its rows are from"),
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
        Column("schema_fingerprint", "VARCHAR(16)", "Fingerprint of the columns of its parts"),
        Column("loaded_at", "TIMESTAMP", "When the load of its present rows began, UTC"),
        Column("changed_at", "TIMESTAMP", "When this row was last written, UTC"),
    ),
    sort_key="load_number",
)
"""The contract of the ledger. Its key is (lake_id, table_name, batch_id)."""


def one_row_per_batch(ledger: pd.DataFrame) -> None:
    """Check that each batch has one row, because no warehouse enforces the ledger's key.

    Args:
        ledger: Rows of the ledger.

    Raises:
        DatasetError: A batch has more; names the first.
    """
    key = ["lake_id", "table_name", "batch_id"]
    twice = ledger[ledger.duplicated(key)]
    if len(twice):
        lake_id, table, batch_id = twice.iloc[0][key]
        msg = (
            f"load_ledger has more than one row of batch {batch_id} of {table} from the lake "
            f"{lake_id}. Something else than this project has written to it. Find out whether the "
            "table holds the batch twice, and delete what is too many."
        )
        raise DatasetError(msg)
