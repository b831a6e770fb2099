"""Contracts in the terms of SQLAlchemy, which writes the SQL of every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txn_kedro.tables import Column, Table

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
