"""A warehouse table as a query: nothing is read before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from txn_kedro.synthesis.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

    from txn_kedro.warehouse.base import Warehouse


@dataclass(frozen=True)
class TableQuery:
    """A SELECT on a warehouse table, run when ``count``, ``head`` or ``to_pandas`` is called.

    Attributes:
        table: The table; its columns are ``query.table.c``.
        select: What would be run; refine it with SQLAlchemy, as
            ``TableQuery(q.table, q.select.where(q.table.c.amount > 100), q.warehouse)``,
            or in short ``q.where(q.table.c.amount > 100)``.
        warehouse: Where it would be run.
    """

    table: sa.Table
    select: sa.Select[Any]
    warehouse: Warehouse

    def __repr__(self) -> str:
        return f"TableQuery({self.sql!r}, warehouse={str(self.warehouse)!r})"

    @property
    def sql(self) -> str:
        """The statement as text."""
        return " ".join(str(self.select).split())

    def where(self, *conditions: sa.ColumnElement[bool]) -> TableQuery:
        """The same, of those rows only that meet the conditions."""
        return TableQuery(self.table, self.select.where(*conditions), self.warehouse)

    def count(self) -> int:
        """Number of rows; 0 if the table is not there yet."""
        rows = self._fetch(sa.select(sa.func.count()).select_from(self.select.subquery()))
        return int(rows[0][0]) if rows else 0

    def head(self, nrows: int = 5) -> pd.DataFrame:
        """The first rows."""
        return self._frame(self.select.limit(nrows))

    def to_pandas(self) -> pd.DataFrame:
        """All rows. Mind the size: refine the query first."""
        return self._frame(self.select)

    def _frame(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """A statement's rows in Arrow's types: decimals stay exact, and whole numbers whole."""
        import pandas as pd  # noqa: PLC0415  only where rows are fetched
        import pyarrow as pa  # noqa: PLC0415

        names = [column.name for column in statement.selected_columns]
        rows = self._fetch(statement)
        contract = TABLES[self.table.name].arrow_schema
        types = {field.name: _plain(field.type) for field in contract}
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

    def _rows(self, statement: sa.Select[Any], connection: sa.Connection) -> Sequence[sa.Row[Any]]:
        if not self.warehouse.columns(connection, self.table.name):
            return []
        return connection.execute(statement).all()


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values, where it is one of a dictionary."""
    return getattr(kind, "value_type", kind)
