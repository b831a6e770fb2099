"""A batch that is not generated yet, and the check of its rows against the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from kedro.io import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from txn_kedro.tables import Column, Table


@dataclass(frozen=True)
class LazyBatch:
    """A batch that a node describes. The lake's dataset generates it when it saves it.

    Attributes:
        batch_id: Unique within lake and table: 1 to 64 letters, digits and hyphens. Ids that begin
            with a date (``20261122…``) are kept in a folder for each date.
        parts: One function for each Parquet file. It returns the file's rows, one row group at a
            time, and the same rows whenever it is called. They may be called in parallel.
        configuration: Everything that determines the rows, as JSON: seeds, settings, the checksum
            of a source. A committed batch is refused if it is saved again with another one.
        generator_version: Version of the code that generates the rows. Raise it when the same
            configuration gives other rows.
        rows: Number of rows if it is known, for the progress bar.
        revision: 1, or the next number for a batch that corrects a committed one.
        workers: Number of threads that generate and write parts; None for one per core.
    """

    batch_id: str
    parts: Sequence[Callable[[], Iterable[pa.RecordBatch | pa.Table]]] = field(repr=False)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    generator_version: int = 1
    rows: int | None = None
    revision: int = 1
    workers: int | None = None


class RowsRefused(DatasetError):
    """Rows violate the contract of their table.

    Attributes:
        label: Which batch of which table.
        problem: What was found and what was expected.
    """

    def __init__(self, label: str, problem: str) -> None:
        super().__init__(label, problem)
        self.label = label
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"{self.label}: {self.problem}. Nothing of it was committed. Correct what makes the "
            "rows, or the contract."
        )


class Conforming:
    """Casts rows to a contract, or refuses them.

    Args:
        table: The contract.
        batch_id: Of the batch that the rows belong to.
        label: How messages call that batch.
    """

    def __init__(self, table: Table, batch_id: str, label: str) -> None:
        self._table = table
        self._batch_id = batch_id
        self._label = label
        self._schema = table.arrow_schema

    def __call__(self, rows: pa.RecordBatch | pa.Table) -> Iterable[pa.RecordBatch]:
        """The same rows with exactly the columns of the contract.

        Columns that may be NULL may be missing, and so may the batch column. Values are cast to
        the types of the contract where nothing is lost.

        Raises:
            RowsRefused: A column is missing, unknown or of another type; a value is NULL where it
                must not be, is too long, or belongs to another batch.
        """
        pieces = rows.combine_chunks().to_batches() if isinstance(rows, pa.Table) else [rows]
        return map(self._conform, pieces)

    def _conform(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        if not rows.schema.equals(self._schema):
            unknown = sorted({*rows.schema.names} - {*self._schema.names})
            if unknown:
                raise RowsRefused(self._label, f"the contract has no column {unknown[0]}")
            columns = [self._column(rows, column) for column in self._table.columns]
            rows = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        for column, values in zip(self._table.columns, rows.columns, strict=True):
            self._check(column, values)
        return rows

    def _column(self, rows: pa.RecordBatch, column: Column) -> pa.Array:
        if rows.schema.names.count(column.name) > 1:
            raise RowsRefused(self._label, f"the column {column.name} is there twice")
        if column.name not in rows.schema.names:
            if column.name == self._table.batch_column:
                return pa.repeat(self._batch_id, rows.num_rows).cast(column.arrow_type)
            if not column.nullable:
                problem = f"the column {column.name} is missing, expected {column.type}"
                raise RowsRefused(self._label, problem)
            return pa.nulls(rows.num_rows, column.arrow_type)
        values = rows.column(column.name)
        if values.type.equals(column.arrow_type):
            return values
        try:
            return values.cast(column.arrow_type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            problem = (
                f"the column {column.name} is {values.type} and cannot be made {column.type} "
                f"without loss ({error})"
            )
            raise RowsRefused(self._label, problem) from error

    def _check(self, column: Column, values: pa.Array) -> None:
        if not column.nullable and values.null_count:
            problem = (
                f"{values.null_count:,} rows have NULL in the column {column.name}, which the "
                "contract does not allow"
            )
            raise RowsRefused(self._label, problem)
        if column.max_bytes is None:
            return
        texts = values.dictionary if pa.types.is_dictionary(values.type) else values
        longest = pc.max(pc.binary_length(texts)).as_py() or 0
        if longest > column.max_bytes:
            problem = (
                f"the column {column.name} has a text of {longest:,} bytes, expected at most "
                f"{column.max_bytes:,}"
            )
            raise RowsRefused(self._label, problem)
        if column.name == self._table.batch_column and self._others(texts):
            # A dictionary may hold values that no row has.
            for other in self._others(values):
                problem = f"rows have the {column.name} {other}, expected {self._batch_id}"
                raise RowsRefused(self._label, problem)

    def _others(self, texts: pa.Array) -> list[str]:
        """Batch ids among some texts that are not this batch's."""
        found = pc.unique(texts).to_pylist()
        return [text for text in found if text not in {self._batch_id, None}]
