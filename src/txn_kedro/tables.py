"""The columns of every table: the one list that Arrow, DDL and docs are made from."""

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
        name: Its name, the same in Parquet and in every warehouse.
        type: SQL type in words that Redshift, PostgreSQL and DuckDB share;
            ``VARCHAR(n)`` counts bytes of UTF-8, as Redshift does.
        description: One sentence for the docs and for the warehouse's column comment.
        nullable: Whether a row may lack it.
        repeats: Whether values repeat so much that Parquet should store them as a dictionary.
    """

    name: str
    type: str
    description: str
    nullable: bool = False
    repeats: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type that holds exactly the values of the SQL type."""
        if self.type in _FIXED_TYPES:
            return _FIXED_TYPES[self.type]
        sized = _SIZED_TYPE.fullmatch(self.type)
        if sized is None:
            msg = f"Column {self.name}: no Arrow type is known for SQL type {self.type!r}."
            raise ValueError(msg)
        if sized[1] == "DECIMAL":
            return pa.decimal128(int(sized[2]), int(sized[3]))
        return pa.dictionary(pa.int32(), pa.string()) if self.repeats else pa.string()

    @property
    def max_bytes(self) -> int | None:
        """The most bytes of UTF-8 that a value may have; None if the type is no text."""
        sized = _SIZED_TYPE.fullmatch(self.type)
        return int(sized[2]) if sized and sized[1] == "VARCHAR" else None


@dataclass(frozen=True)
class Table:
    """A table's contract.

    Attributes:
        name: Its name.
        description: What it holds.
        columns: Its columns in order.
        sort_key: Column that a warehouse of many nodes should sort rows by.
        distribution_key: Column whose equal values such a warehouse should keep on one node;
            without one, every node has all rows.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    sort_key: str
    distribution_key: str | None = None

    @property
    def column_names(self) -> list[str]:
        """Names in the order of the Parquet files and of the warehouse table."""
        return [column.name for column in self.columns]

    @property
    def names_and_types(self) -> list[tuple[str, str]]:
        """Names and SQL types in that order."""
        return [(column.name, column.type) for column in self.columns]

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
        contract = [[c.name, c.type, c.nullable] for c in self.columns]
        return fingerprint(contract)

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
