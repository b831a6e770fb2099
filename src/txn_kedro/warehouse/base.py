"""The base class of warehouses. Each dialect is a subclass."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, TypeVar

import sqlalchemy as sa
from kedro.io import DatasetError

from txn_kedro import stopping
from txn_kedro.warehouse.definitions import sqlalchemy_table
from txn_kedro.warehouse.errors import OlderLayout, TableMismatch
from txn_kedro.warehouse.fitting import Fit, FoundColumn
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.retrying import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Column, Table
    from txn_kedro.warehouse.errors import WarehouseRefused, WarehouseUnavailable
    from txn_kedro.warehouse.steps import Statement, Step

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Warehouse(ABC):
    """A warehouse of one dialect. What dialects differ in is declared at the top of each class.

    Attributes:
        REPORTED_TYPES: The name that the dialect reports for a type, where it is not
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
                ``TransientFailure``, the transaction may be tried again.
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
            translated = self.translated(error)
            if translated is None:
                raise
            raise translated from error

    @abstractmethod
    def _session(self) -> AbstractContextManager[sa.Connection]:
        """The transaction, with errors as the driver has them."""

    def _reading_session(self) -> AbstractContextManager[sa.Connection]:
        """The transaction of ``reading``, with errors as the driver has them."""
        return self._session()

    @abstractmethod
    def _interruption(self, connection: sa.Connection) -> Callable[[], object]:
        """Return a function that cancels the running statement from another thread."""

    @abstractmethod
    def translated(self, error: Exception) -> WarehouseUnavailable | WarehouseRefused | None:
        """What an error means, if it is the warehouse's or its driver's."""

    @property
    @abstractmethod
    def lock_statements(self) -> Sequence[Statement]:
        """The first statements of a transaction, which lock the ledger until it ends.

        Empty only if opening a transaction locks the whole warehouse.
        """

    @abstractmethod
    def columns(self, connection: sa.Connection, table: str) -> dict[str, FoundColumn]:
        """Return a table's columns by name, in order; empty if the table does not exist."""

    def orphan_steps(self, table: Table, files: LakeFiles) -> Sequence[Step]:
        """Return steps that remove rows without a ledger row, if a crash can leave any."""
        return ()

    @abstractmethod
    def copy_steps(self, table: Table, files: LakeFiles) -> Sequence[Step]:
        """Return the steps that append files to their table, which may have more columns.

        A step checks that all rows were copied, and raises FilesRefused if not.

        Raises:
            FilesRefused: The warehouse cannot read the lake that they are in.
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

    def prepare(self, connection: sa.Connection, table: Table, *, evolve: bool = False) -> Fit:
        """Create a table unless it exists, and check it against the contract.

        Args:
            connection: In a transaction.
            table: The contract.
            evolve: Add the columns that the table lacks and that may be NULL.

        Returns:
            The check of whether a batch fits the table.

        Raises:
            TableMismatch: It exists, but differs.
            OlderLayout: It is the ledger of an older version.
        """
        found = self.columns(connection, table.name)
        statements, fit = self.preparation(found, table, evolve=evolve)
        for statement in statements:
            logger.debug("%s", self.sql(statement))
            connection.execute(statement)
        return fit

    def preparation(
        self, found: Mapping[str, FoundColumn], table: Table, *, evolve: bool = False
    ) -> tuple[Sequence[Statement], Fit]:
        """Return what ``prepare`` runs for a table with these columns, and what it returns.

        Raises:
            TableMismatch: It would differ from the contract.
            OlderLayout: It is the ledger of an older version.
        """
        if table is LOAD_LEDGER and found and "lake_id" not in found:
            raise OlderLayout(str(self))
        added = [
            column
            for column in table.columns
            if not found or (evolve and column.nullable and column.name not in found)
        ]
        present = dict(found)
        for column in added:
            present[column.name] = FoundColumn(self._reported_type(column), column.nullable)
        fit = Fit(present, self._reported_type)
        if differences := fit.differences(table):
            raise TableMismatch(table.name, differences, fit.repairs(table))
        if not found:
            return self.create_statements(table), fit
        return [s for column in added for s in self.evolve_statements(table, column)], fit

    def check(self, connection: sa.Connection, table: Table) -> bool:
        """Return whether a table exists, and check it against the contract.

        Raises:
            TableMismatch: It exists, but differs.
            OlderLayout: It is the ledger of an older version.
        """
        found = self.columns(connection, table.name)
        if found:
            self.preparation(found, table)
        return bool(found)

    def evolve_statements(
        self, table: Table, column: Column
    ) -> Sequence[sa.TextClause | sa.schema.ExecutableDDLElement]:
        """Return the statements that add a column, which is NULL in existing rows."""
        added = sqlalchemy_table(table).c[column.name]
        kind = added.type.compile(dialect=self.dialect)
        name = self.dialect.identifier_preparer.quote(column.name)
        return [
            sa.text(f"ALTER TABLE {table.name} ADD COLUMN {name} {kind}"),
            sa.schema.SetColumnComment(added),
        ]

    def create_statements(self, table: Table) -> Sequence[sa.schema.ExecutableDDLElement]:
        """Return the statements that create a table."""
        definition = sqlalchemy_table(table, **self.table_options(table))
        return [
            sa.schema.CreateTable(definition, if_not_exists=True),
            sa.schema.SetTableComment(definition),
            *map(sa.schema.SetColumnComment, definition.columns),
        ]

    def table_options(self, table: Table) -> Mapping[str, str]:
        """Return what the dialect adds to a table's definition."""
        return {}

    def _reported_type(self, column: Column) -> str:
        word, _, size = column.type.rstrip(")").partition("(")
        return self.REPORTED_TYPES.get(word, column.type).format(size)
