"""Contracts: tables and their columns. Arrow schemas, DDL and docs are derived from them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIXED_TYPES: Mapping[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DOUBLE PRECISION": pa.float64(),
    "TIMESTAMP": pa.timestamp("us"),
}
_SIZED_TYPE = re.compile(r"(VARCHAR|DECIMAL)\((\d+)(?:,\s*(\d+))?\)")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name, the same in Parquet and in every warehouse: lower-case letters, digits and
            ``_``.
        type: SQL type in words that Redshift, PostgreSQL and DuckDB share;
            ``VARCHAR(n)`` counts bytes of UTF-8, as Redshift does.
        description: One sentence for the docs and for the warehouse's column comment.
        nullable: Whether a row may lack it.
        repeats: Whether values repeat so much that Parquet should store them as a dictionary.
    """

    name: str
    type: str
    description: str = ""
    nullable: bool = False
    repeats: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type that holds exactly the values of the SQL type."""
        if self.type in _FIXED_TYPES:
            return _FIXED_TYPES[self.type]
        sized = _SIZED_TYPE.fullmatch(self.type)
        if sized is None or (sized[1] == "DECIMAL") != (sized[3] is not None):
            msg = (
                f"Column {self.name}: there is no type {self.type!r}. Known: "
                f"{', '.join(_FIXED_TYPES)}, VARCHAR(n), DECIMAL(p,s)."
            )
            raise ValueError(msg)
        if sized[1] == "DECIMAL":
            return pa.decimal128(int(sized[2]), int(sized[3]))
        return pa.dictionary(pa.int32(), pa.string()) if self.repeats else pa.string()

    @property
    def max_bytes(self) -> int | None:
        """Maximum length of a value in bytes of UTF-8; None if the type is not a text."""
        sized = _SIZED_TYPE.fullmatch(self.type)
        return int(sized[2]) if sized and sized[1] == "VARCHAR" else None


@dataclass(frozen=True)
class Table:
    """A table's contract.

    Attributes:
        name: Its name in the lake and in every warehouse: lower-case letters, digits and ``_``.
        description: What it holds.
        columns: Its columns in order.
        batch_column: The column that names the batch which a row came with. Batches are appended to
            a table that has one; a table without one, such as the ledger, is only read.
        sort_key: The column that a distributed warehouse should sort rows by.
        distribution_key: The column whose equal values a distributed warehouse should keep on one
            node; without one, every node holds all rows.
        remake: Command that makes a batch of it again, for messages; ``{batch_id}`` and
            ``{revision}`` stand for the batch's.

    Raises:
        ValueError: The contract contradicts itself; the message names the table.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    batch_column: str | None = None
    sort_key: str | None = None
    distribution_key: str | None = None
    remake: str | None = None

    def __post_init__(self) -> None:
        names = self.column_names
        if re.fullmatch("[a-z][a-z0-9_]{0,126}", self.name) is None:
            msg = (
                f"Table {self.name!r}: expected a name of lower-case letters, digits and _, which "
                "starts with a letter."
            )
            raise ValueError(msg)
        for column in self.columns:
            if re.fullmatch("[a-z_][a-z0-9_]{0,126}", column.name) is None:
                msg = (
                    f"Table {self.name}: expected a column's name of lower-case letters, digits "
                    f"and _, which starts with no digit, got {column.name!r}."
                )
                raise ValueError(msg)
            if names.count(column.name) > 1:
                msg = f"Table {self.name}: the column {column.name} is listed twice."
                raise ValueError(msg)
            _ = column.arrow_type
        for key in (self.batch_column, self.sort_key, self.distribution_key):
            if key is not None and key not in names:
                msg = f"Table {self.name}: the key {key!r} is not one of its columns."
                raise ValueError(msg)
        if self.batch_column is not None and self.column(self.batch_column).max_bytes is None:
            msg = f"Table {self.name}: its batch_column {self.batch_column} must be a VARCHAR."
            raise ValueError(msg)

    def column(self, name: str) -> Column:
        """The column of a name that the table has."""
        return next(column for column in self.columns if column.name == name)

    @property
    def column_names(self) -> list[str]:
        """Names in the order of the Parquet files and of the warehouse table."""
        return [column.name for column in self.columns]

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema that the Parquet files are written with."""
        return pa.schema(
            pa.field(column.name, column.arrow_type, nullable=column.nullable)
            for column in self.columns
        )

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when a name, a type or the order of columns does."""
        return fingerprint([[c.name, c.type, c.nullable] for c in self.columns])

    def markdown(self) -> str:
        """The table of columns that the docs show."""
        rows = [f"| {c.name} | {_docs_type(c)} | {c.description} |" for c in self.columns]
        return "\n".join(["| column | type | meaning |", "| --- | --- | --- |", *rows])


def _docs_type(column: Column) -> str:
    return column.type + (", may be NULL" if column.nullable else "")


def fingerprint(value: Mapping[str, object] | Sequence[object]) -> str:
    """The first 16 hex digits of the SHA-256 of a value's canonical JSON."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
