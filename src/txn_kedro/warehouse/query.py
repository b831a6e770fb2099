"""A warehouse table as a query: nothing is read before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from txn_kedro.warehouse.definitions import sqlalchemy_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Reader, Warehouse


@dataclass(frozen=True)
class TableQuery:
    """A SELECT on a warehouse table, run when ``count``, ``head`` or ``to_pandas`` is called.

    Attributes:
        contract: The table's contract.
        warehouse: Where it would be run.
        select: What would be run; refine it with SQLAlchemy, as
            ``replace(q, select=q.select.where(q.table.c.amount > 100))``,
            or in short ``q.where(q.table.c.amount > 100)``.
        table: The table; its columns are ``query.table.c``.
    """

    contract: Table
    warehouse: Warehouse
    select: sa.Select[Any]
    table: sa.Table

    @classmethod
    def of(cls, contract: Table, warehouse: Warehouse) -> TableQuery:
        """All rows of a table."""
        table = sqlalchemy_table(contract)
        return cls(contract, warehouse, sa.select(table), table)

    def __repr__(self) -> str:
        return f"TableQuery({self.sql!r}, warehouse={str(self.warehouse)!r})"

    @property
    def sql(self) -> str:
        """The statement as text."""
        return " ".join(str(self.select).split())

    def where(self, *conditions: sa.ColumnElement[bool]) -> TableQuery:
        """The same, of those rows only that meet the conditions."""
        return replace(self, select=self.select.where(*conditions))

    def count(self) -> int:
        """Number of rows; 0 if the table is not there yet.

        Raises:
            TableMismatch: The table does not keep the contract.
            WarehouseUnavailable: The warehouse could not be opened.
        """
        rows = self._fetch(sa.select(sa.func.count()).select_from(self.select.subquery()))
        return int(rows[0][0]) if rows else 0

    def head(self, nrows: int = 5) -> pd.DataFrame:
        """The first rows."""
        return self._frame(self.select.limit(nrows))

    def to_pandas(self) -> pd.DataFrame:
        """All rows. Mind the size: refine the query first."""
        return self._frame(self.select)

    def _frame(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """Return a statement's rows in Arrow types, so that decimals and integers stay exact."""
        import pandas as pd  # noqa: PLC0415  only where rows are fetched
        import pyarrow as pa  # noqa: PLC0415

        names = [column.name for column in statement.selected_columns]
        rows = self._fetch(statement)
        types = {field.name: _plain(field.type) for field in self.contract.arrow_schema}
        columns = {
            name: pa.array([row[place] for row in rows], types.get(name))
            for place, name in enumerate(names)
        }
        frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def _fetch(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """A statement's rows; none if the table is not there yet."""
        if not self.warehouse.exists():
            return []
        return self.warehouse.read(partial(self._rows, statement))

    def _rows(self, statement: sa.Select[Any], reader: Reader) -> Sequence[sa.Row[Any]]:
        if not self.warehouse.check(reader, self.contract):
            return []
        return reader.execute(statement).all()


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values, where it is one of a dictionary."""
    return getattr(kind, "value_type", kind)
