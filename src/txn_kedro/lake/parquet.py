"""Writes one Parquet file, and says what was written."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from txn_kedro import stopping
from txn_kedro.lake.manifest import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from txn_kedro.lake import Lake
    from txn_kedro.tables import Table

_BUFFER_BYTES = 1 << 20


def write_args(table: Table) -> dict[str, Any]:
    """Arguments of ``ParquetWriter`` that suit a table, and that every reader understands.

    Dictionaries and statistics cost time, so only those columns have them that gain by it.
    """
    return {
        "compression": "snappy",
        "version": "2.6",
        "use_dictionary": [column.name for column in table.columns if column.repeats],
        "write_statistics": [column.name for column in table.columns if column.type == "TIMESTAMP"],
    }


class _Summing:
    """A binary file that knows the length and the SHA-256 of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, content: bytes) -> int:
        self._digest.update(content)
        self.size += len(content)
        self._file.write(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing: the caller flushes the file."""

    def close(self) -> None:
        """Accept no more bytes; the caller closes the file."""
        self.closed = True

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def write_parquet(
    lake: Lake,
    path: str,
    table: Table,
    batches: Iterable[pa.RecordBatch],
    save_args: Mapping[str, Any],
) -> tuple[Part, int]:
    """Write record batches as they come, a row group each, to a file of the lake.

    Args:
        lake: Where to.
        path: Path in the lake; a file that is there is replaced.
        table: The contract that the batches follow.
        batches: The rows.
        save_args: Further arguments of ``pyarrow.parquet.ParquetWriter``.

    Returns:
        What the manifest says of the part, and its length in bytes.

    Raises:
        Stopped: The run was asked to stop; the file is not there.
    """
    rows = 0
    with lake.write(path) as file:
        summing = _Summing(file)
        arguments = {**write_args(table), **save_args}
        # The writer writes in small pieces; each call into Python would cost more than its work.
        with (
            pa.BufferedOutputStream(pa.PythonFile(summing, mode="w"), _BUFFER_BYTES) as buffered,
            pq.ParquetWriter(buffered, table.arrow_schema, **arguments) as writer,
        ):
            for batch in batches:
                stopping.check()
                writer.write_batch(batch)
                rows += batch.num_rows
    part = Part(
        url=lake.entry_url(path),
        row_count=rows,
        sha256=summing.sha256,
        etag=lake.etag(path),
    )
    return part, summing.size
