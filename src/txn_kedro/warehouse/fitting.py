"""Checks whether a warehouse table fits a contract, and whether a batch fits the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from txn_kedro.lake.errors import FilesRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Column, Table

_TEXT = re.compile(r"(\D+)\((\d+)\)")


@dataclass(frozen=True)
class FoundColumn:
    """A column as the warehouse has it.

    Attributes:
        type: Its type in the warehouse's own words.
        nullable: Whether it may be NULL.
    """

    type: str
    nullable: bool


class Fit:
    """Compares columns that are expected with those of a warehouse's table.

    Args:
        found: The table's columns by name.
        reported_type: Returns the name that the warehouse reports for a column's type.
    """

    def __init__(
        self, found: Mapping[str, FoundColumn], reported_type: Callable[[Column], str]
    ) -> None:
        self._found = found
        self._reported_type = reported_type

    def differences(self, table: Table) -> list[str]:
        """Return a sentence for each column that prevents loading batches of a contract."""
        sentences = [*self._wrong(table.columns), *self._left_out(table.columns)]
        return sentences + [
            f"column {column.name} is NOT NULL, the contract lets it be NULL"
            for column in table.columns
            if column.nullable and column.name in self._found
            if not self._found[column.name].nullable
        ]

    def repairs(self, table: Table) -> list[str]:
        """Return statements that add missing columns and widen texts that are too short."""
        statements = []
        for column in table.columns:
            kind = self._found.get(column.name)
            if kind is None:
                change = f"ADD COLUMN {column.name} {column.type}"
            elif _is_wider(self._reported_type(column), kind.type):
                change = f"ALTER COLUMN {column.name} TYPE {column.type}"
            else:
                continue
            statements.append(f"ALTER TABLE {table.name} {change}")
        return statements

    def check_batch(self, files: LakeFiles) -> None:
        """Check that a batch can be loaded into the table.

        Every column of its parts must be in the table with the same type, or a wider text, and a
        column of the table that they lack must be nullable.

        Raises:
            FilesRefused: It cannot. The message lists each column that does not fit.
        """
        columns = files.manifest.columns.columns
        try:
            sentences = [*self._wrong(columns), *self._left_out(columns)]
        except ValueError as error:
            sentences = [str(error).rstrip(".")]
        if sentences:
            problem = f"it does not fit the table {files.manifest.table}: {'; '.join(sentences)}"
            remedy = (
                "Alter the table so that it fits, load the batch into a warehouse whose table "
                "does, or commit a revision of the batch that fits."
            )
            raise FilesRefused(files.label, problem, remedy)

    def _wrong(self, columns: Sequence[Column]) -> list[str]:
        sentences = []
        for column in columns:
            expected, kind = self._reported_type(column), self._found.get(column.name)
            if kind is None:
                sentences.append(f"column {column.name} is missing, expected {expected}")
            elif kind.type != expected and not _is_wider(kind.type, expected):
                sentences.append(f"column {column.name} is {kind.type}, expected {expected}")
        return sentences

    def _left_out(self, columns: Sequence[Column]) -> list[str]:
        known = {column.name for column in columns}
        return [
            f"column {name} is unknown, and is NOT NULL"
            for name, kind in self._found.items()
            if name not in known and not kind.nullable
        ]


def _is_wider(one: str, other: str) -> bool:
    """Whether two types are texts, and the first holds more."""
    first, second = _TEXT.fullmatch(one), _TEXT.fullmatch(other)
    if first is None or second is None or first[1] != second[1]:
        return False
    return int(first[2]) > int(second[2])
