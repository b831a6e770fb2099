"""What the loader asks of a warehouse; each dialect answers in a class of its own."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

import sqlalchemy as sa
from kedro.io import DatasetError

from txn_kedro import stopping
from txn_kedro.warehouse.errors import TableMismatch
from txn_kedro.warehouse.retrying import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Column, Table
    from txn_kedro.warehouse.errors import WarehouseRefused, WarehouseUnavailable

T = TypeVar("T")

Statement: TypeAlias = (
    "sa.Select[Any] | sa.Insert | sa.Delete | sa.TextClause | sa.schema.ExecutableDDLElement"
)

_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "BIGINT": sa.BigInteger(),
    "INTEGER": sa.Integer(),
    "BOOLEAN": sa.Boolean(),
    "DATE": sa.Date(),
    "DOUBLE PRECISION": sa.Double(),
    "TIMESTAMP": sa.TIMESTAMP(),
}


def sqlalchemy_table(table: Table, **options: Any) -> sa.Table:
    """A table's contract in SQLAlchemy's terms, with a dialect's options if any."""
    return sa.Table(
        table.name,
        sa.MetaData(),
        *(_sqlalchemy_column(column) for column in table.columns),
        comment=table.description,
        **options,
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


_TEXT = re.compile(r"(\D+)\((\d+)\)")


def _is_narrower(found: str, expected: str) -> bool:
    """Whether two types are texts, and the first holds less."""
    one, other = _TEXT.fullmatch(found), _TEXT.fullmatch(expected)
    if one is None or other is None or one[1] != other[1]:
        return False
    return int(one[2]) < int(other[2])


class Warehouse(ABC):
    """A warehouse of one dialect. What dialects differ in is declared at the top of each class.

    Attributes:
        REPORTED_TYPES: What the dialect calls a column's type when asked, where that is not
            the contract's word; ``VARCHAR`` and ``DECIMAL`` stand for all of their sizes, and a
            pair of braces for the size.
    """

    REPORTED_TYPES: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def __str__(self) -> str:
        """Where it is, without secrets."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a warehouse at all, found out without making one."""

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction on a connection of its own: committed at the end of the block, rolled
        back if it raises.

        Raises:
            WarehouseUnavailable: It could not be used within the time allowed; if it is a
                ``TransientFailure``, the whole transaction is worth another try.
            WarehouseRefused: It refused a statement.
            Stopped: The run was asked to stop.
        """
        with self._translating(), self._session() as connection, self._stoppable(connection):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction as ``transaction`` gives one, which only reads.

        Raises:
            WarehouseUnavailable: As ``transaction``.
            WarehouseRefused: As ``transaction``.
        """
        with (
            self._translating(),
            self._reading_session() as connection,
            self._stoppable(connection),
        ):
            yield connection

    def read(self, action: Callable[[sa.Connection], T]) -> T:
        """What an action reads in a transaction; tried again if the connection is lost.

        Raises:
            WarehouseUnavailable: As ``transaction``, or it was lost too often.
            WarehouseRefused: As ``transaction``.
        """

        def transaction() -> T:
            with self.reading() as connection:
                return action(connection)

        return retrying(transaction)

    def _stoppable(self, connection: sa.Connection) -> AbstractContextManager[None]:
        return stopping.on_stop(self._interruption(connection))

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except DatasetError:
            stopping.check()
            raise
        except Exception as error:
            stopping.check()
            told = self.translated(error)
            if told is None:
                raise
            raise told from error

    @abstractmethod
    def _session(self) -> AbstractContextManager[sa.Connection]:
        """The transaction, with errors as the driver has them."""

    def _reading_session(self) -> AbstractContextManager[sa.Connection]:
        """The transaction of ``reading``, with errors as the driver has them."""
        return self._session()

    @abstractmethod
    def _interruption(self, connection: sa.Connection) -> Callable[[], object]:
        """What makes a statement that runs on the connection fail at once, from another thread."""

    @abstractmethod
    def translated(self, error: Exception) -> WarehouseUnavailable | WarehouseRefused | None:
        """What an error means, if it is the warehouse's or its driver's."""

    def lock_ledger(self, connection: sa.Connection) -> None:
        """Let no other loader pass before this transaction ends. Its first statement."""
        for statement in self.lock_statements:
            connection.execute(statement)

    @abstractmethod
    def columns(self, connection: sa.Connection, table: str) -> dict[str, str]:
        """Names and types of a table's columns in order; empty if there is no such table."""

    @abstractmethod
    def copy_statements(self, table: Table, files: LakeFiles) -> Sequence[Statement]:
        """What ``copy`` runs, in order.

        Raises:
            FilesRefused: The warehouse cannot read the lake that they are in.
        """

    @abstractmethod
    def copy(self, connection: sa.Connection, table: Table, files: LakeFiles) -> int:
        """Append the files to the table. The number of rows that the warehouse says it took.

        Raises:
            FilesRefused: The warehouse did not take them; the transaction must not commit.
        """

    @property
    @abstractmethod
    def dialect(self) -> sa.Dialect:
        """How the warehouse writes SQL."""

    def sql(self, statement: Statement) -> str:
        """A statement as the warehouse is sent it, its parameters written out."""
        if isinstance(statement, sa.schema.ExecutableDDLElement):
            return str(statement.compile(dialect=self.dialect)).strip()
        literal = {"literal_binds": True}
        return str(statement.compile(dialect=self.dialect, compile_kwargs=literal))

    @property
    def lock_statements(self) -> Sequence[Statement]:
        """What ``lock_ledger`` runs."""
        return ()

    def prepare(self, connection: sa.Connection, table: Table) -> None:
        """Create a table unless it is there, and make sure that it keeps the contract.

        Raises:
            TableMismatch: It is there, but differs.
        """
        if not self.check(connection, table):
            for statement in self.create_statements(table):
                connection.execute(statement)

    def check(self, connection: sa.Connection, table: Table) -> bool:
        """Whether a table is there, and if so as the contract has it.

        Raises:
            TableMismatch: It is there, but differs.
        """
        found = self.columns(connection, table.name)
        if found and (differences := self._differences(table, found)):
            raise TableMismatch(table.name, differences, self._mending(table, found))
        return bool(found)

    def create_statements(self, table: Table) -> Sequence[sa.schema.ExecutableDDLElement]:
        """What ``prepare`` runs if a table is missing."""
        definition = sqlalchemy_table(table, **self.table_options(table))
        return [
            sa.schema.CreateTable(definition, if_not_exists=True),
            sa.schema.SetTableComment(definition),
            *map(sa.schema.SetColumnComment, definition.columns),
        ]

    def table_options(self, table: Table) -> Mapping[str, str]:
        """What the dialect adds to a table's definition."""
        return {}

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

    def _mending(self, table: Table, found: Mapping[str, str]) -> list[str]:
        """Statements that would add the columns that are missing and widen texts too short."""
        statements = []
        for column in table.columns:
            kind = found.get(column.name)
            if kind is None:
                change = f"ADD COLUMN {column.name} {column.type}"
            elif _is_narrower(kind, self._reported_type(column)):
                change = f"ALTER COLUMN {column.name} TYPE {column.type}"
            else:
                continue
            statements.append(f"ALTER TABLE {table.name} {change}")
        return statements

    def _reported_type(self, column: Column) -> str:
        word, _, size = column.type.rstrip(")").partition("(")
        return self.REPORTED_TYPES.get(word, column.type).format(size)
