"""The base class of warehouses. Each dialect is a subclass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import sqlalchemy as sa

from txn_kedro.warehouse.definitions import sqlalchemy_table
from txn_kedro.warehouse.errors import OlderLayout, TableMismatch
from txn_kedro.warehouse.fitting import Fit, FoundColumn
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Column, Table
    from txn_kedro.warehouse.steps import Statement

T = TypeVar("T")


class Reader(Protocol):
    """Runs statements that read."""

    def execute(self, statement: Any, /) -> sa.Result[Any]:
        """The result of a statement."""


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

    @abstractmethod
    def run(self, label: str, steps: Sequence[Step]) -> object | None:
        """Run steps in one transaction, which is rolled back if one fails or its check raises.

        Args:
            label: What the steps do, for progress and errors.
            steps: The steps, in order.

        Returns:
            The first result that a check returns; the steps after it are not run.

        Raises:
            WarehouseUnavailable: It could not be used within the time allowed; if it is a
                ``TransientFailure``, the steps may be run again.
            WarehouseRefused: It refused a statement.
            Stopped: The run was asked to stop.
        """

    @abstractmethod
    def read(self, action: Callable[[Reader], T]) -> T:
        """What an action reads; tried again if the warehouse is lost meanwhile.

        Raises:
            WarehouseUnavailable: As ``run``, or it was lost too often.
            WarehouseRefused: As ``run``.
        """

    @property
    @abstractmethod
    def lock_statements(self) -> Sequence[Statement]:
        """The first statements of a transaction, which lock the ledger until it ends.

        Empty only if opening a transaction locks the whole warehouse.
        """

    @abstractmethod
    def columns(self, reader: Reader, table: str) -> dict[str, FoundColumn]:
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

    def sent(self, step: Step) -> str:
        """A step's statement as the warehouse is sent it."""
        return self.sql(step.statement)

    def prepare(self, table: Table, *, evolve: bool = False) -> Fit:
        """Create a table and the ledger unless they exist, and check them against their contracts.

        Args:
            table: The contract.
            evolve: Add the columns that the table lacks and that may be NULL.

        Returns:
            The check of whether a batch fits the table.

        Raises:
            TableMismatch: One exists, but differs.
            OlderLayout: The ledger is of an older version.
            TransientFailure: Another loader created or changed it meanwhile.
        """
        ledger, found = self.found(LOAD_LEDGER.name, table.name)
        of_ledger, _ = self.preparation(ledger, LOAD_LEDGER)
        of_table, fit = self.preparation(found, table, evolve=evolve)
        self.define(LOAD_LEDGER.name, of_ledger)
        self.define(table.name, of_table)
        return fit

    def found(self, *tables: str) -> list[dict[str, FoundColumn]]:
        """Return the columns of each table; empty if the table or the warehouse does not exist."""
        if not self.exists():
            return [{} for _ in tables]
        return self.read(lambda reader: [self.columns(reader, table) for table in tables])

    def define(self, label: str, statements: Sequence[Statement]) -> None:
        """Run statements that create or alter a table; they may be run again."""
        if statements:
            self.run(label, [Step(statement) for statement in statements])

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

    def check(self, reader: Reader, table: Table) -> bool:
        """Return whether a table exists, and check it against the contract.

        Raises:
            TableMismatch: It exists, but differs.
            OlderLayout: It is the ledger of an older version.
        """
        found = self.columns(reader, table.name)
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
