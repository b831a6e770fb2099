"""What the loader asks of a warehouse; each dialect answers in a class of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from txn_kedro.datasets.errors import TableMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from txn_kedro.datasets.lake import LakeFiles
    from txn_kedro.synthesis.schema import Column, Table

_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "BIGINT": sa.BigInteger(),
    "INTEGER": sa.Integer(),
    "BOOLEAN": sa.Boolean(),
    "DATE": sa.Date(),
    "DOUBLE PRECISION": sa.Double(),
    "TIMESTAMP": sa.TIMESTAMP(),
}


def sqlalchemy_table(table: Table) -> sa.Table:
    """A table's contract in SQLAlchemy's terms."""
    return sa.Table(
        table.name,
        sa.MetaData(),
        *(_sqlalchemy_column(column) for column in table.columns),
        comment=table.description,
    )


def _sqlalchemy_column(column: Column) -> sa.Column[Any]:
    return sa.Column(
        column.name,
        _sqlalchemy_type(column),
        nullable=column.nullable,
        autoincrement=False,
        comment=column.description,
    )


def _sqlalchemy_type(column: Column) -> sa.types.TypeEngine[Any]:
    if column.type in _TYPES:
        return _TYPES[column.type]
    if column.max_bytes is not None:
        return sa.String(column.max_bytes)
    decimal = column.arrow_type
    return sa.Numeric(decimal.precision, decimal.scale)


class Warehouse(ABC):
    """A warehouse of one dialect. What dialects differ in is declared at the top of each class.

    Attributes:
        REPORTED_TYPES: What the dialect calls a column's type when asked, where that is not
            the contract's word; ``VARCHAR`` stands for all of its lengths.
    """

    REPORTED_TYPES: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def __str__(self) -> str:
        """Where it is, without secrets."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a warehouse at all, found out without making one."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """One transaction on a connection of its own: committed at the end of the block, rolled
        back if it raises.

        Raises:
            WarehouseUnavailable: It could not be opened within the time allowed.
        """

    @abstractmethod
    def lock_ledger(self, connection: sa.Connection) -> None:
        """Let no other loader pass before this transaction ends. Its first statement."""

    @abstractmethod
    def columns(self, connection: sa.Connection, table: str) -> dict[str, str]:
        """Names and types of a table's columns in order; empty if there is no such table."""

    @abstractmethod
    def copy(self, connection: sa.Connection, table: Table, files: LakeFiles) -> int:
        """Append the files to the table. The number of rows that the warehouse says it took."""

    @abstractmethod
    def is_transient(self, error: Exception) -> bool:
        """Whether the whole transaction may succeed if it is tried again."""

    def prepare(self, connection: sa.Connection, table: Table) -> None:
        """Create a table unless it is there, and make sure that it keeps the contract.

        Raises:
            TableMismatch: It is there, but differs.
        """
        found = self.columns(connection, table.name)
        if not found:
            connection.execute(sa.schema.CreateTable(sqlalchemy_table(table), if_not_exists=True))
            self._comment(connection, table)
        elif differences := self._differences(table, found):
            raise TableMismatch(table.name, differences)

    def _comment(self, connection: sa.Connection, table: Table) -> None:
        described = sqlalchemy_table(table)
        connection.execute(sa.schema.SetTableComment(described))
        for column in described.columns:
            connection.execute(sa.schema.SetColumnComment(column))

    def _differences(self, table: Table, found: Mapping[str, str]) -> list[str]:
        expected = {column.name: self._reported_type(column) for column in table.columns}
        sentences = [
            f"column {name} is missing, expected {kind}"
            if name not in found
            else f"column {name} is {found[name]}, expected {kind}"
            for name, kind in expected.items()
            if found.get(name) != kind
        ]
        sentences += [f"column {name} is unknown" for name in found if name not in expected]
        return sentences

    def _reported_type(self, column: Column) -> str:
        word = "VARCHAR" if column.max_bytes is not None else column.type
        return self.REPORTED_TYPES.get(word, column.type)
