"""A warehouse table as a query: nothing is read before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    import pandas as pd

    from txn_kedro.datasets.warehouse import Warehouse


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
        rows = self._run(sa.select(sa.func.count()).select_from(self.select.subquery()))
        return 0 if rows.empty else int(rows.to_numpy()[0, 0])

    def head(self, nrows: int = 5) -> pd.DataFrame:
        """The first rows."""
        return self._run(self.select.limit(nrows))

    def to_pandas(self) -> pd.DataFrame:
        """All rows. Mind the size: refine the query first."""
        return self._run(self.select)

    def _run(self, statement: sa.Select[Any]) -> pd.DataFrame:
        """A statement's rows; none if the table is not there yet."""
        import pandas as pd  # noqa: PLC0415  only where rows are fetched

        if not self.warehouse.exists():
            return pd.DataFrame(columns=[column.name for column in statement.selected_columns])
        with self.warehouse.transaction() as connection:
            if not self.warehouse.columns(connection, self.table.name):
                return pd.DataFrame(columns=[column.name for column in statement.selected_columns])
            return pd.read_sql(statement, connection)
