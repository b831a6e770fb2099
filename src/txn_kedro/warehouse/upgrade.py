"""Moves a warehouse of version 1 to the current layout of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from txn_kedro.warehouse.definitions import sqlalchemy_table
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.retrying import retrying
from txn_kedro.warehouse.steps import Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse
    from txn_kedro.warehouse.fitting import FoundColumn
    from txn_kedro.warehouse.steps import Statement

SUFFIX = "_version_1"
"""Of the names that the ledger and the world's tables of version 1 get."""


def upgrade(warehouse: Warehouse, tables: Sequence[Table], lake_id: str) -> list[str]:
    """Move a warehouse to the current layout, in one transaction.

    The tables that version 1 loaded by batch stay, and get the columns that they lack. Its ledger
    and its other tables are renamed: the next load fills new ones from the lake.

    Args:
        warehouse: The warehouse to move.
        tables: The tables that are loaded today.
        lake_id: The lake that its batches are from.

    Returns:
        The SQL that was run; empty if the warehouse has the present layout, or is empty.
    """

    def transaction() -> list[str]:
        names = [table.name for table in (LOAD_LEDGER, *tables)]
        found = dict(zip(names, warehouse.found(*names), strict=True))
        statements = _statements(warehouse, tables, found, lake_id)
        if statements:
            warehouse.run("upgrade", [Step(statement) for statement in statements])
        return [warehouse.sql(statement) for statement in statements]

    return retrying(transaction)


def _statements(
    warehouse: Warehouse,
    tables: Sequence[Table],
    found: dict[str, dict[str, FoundColumn]],
    lake_id: str,
) -> list[Statement]:
    ledger = found[LOAD_LEDGER.name]
    if not ledger or "lake_id" in ledger:
        return []
    old = f"{LOAD_LEDGER.name}{SUFFIX}"
    statements: list[Statement] = [
        *warehouse.lock_statements,
        _renamed(LOAD_LEDGER.name),
        *warehouse.create_statements(LOAD_LEDGER),
    ]
    for table in tables:
        columns = found[table.name]
        if not columns:
            continue
        if table.batch_column not in columns:
            statements.append(_renamed(table.name))
            continue
        added = [column for column in table.columns if column.name not in columns]
        for column in added:
            statements += warehouse.evolve_statements(table, column)
            if column.name == "world_fingerprint":
                statements.append(_filled(table, old))
        statements.append(_rows(table, old, lake_id))
    return statements


def _renamed(table: str) -> sa.TextClause:
    return sa.text(f"ALTER TABLE {table} RENAME TO {table}{SUFFIX}")


def _filled(table: Table, old: str) -> sa.Update:
    """Fills transactions.world_fingerprint from the ledger of version 1, which kept it there."""
    rows = sqlalchemy_table(table)
    ledger = sa.table(old, sa.column("batch_id"), sa.column("world_fingerprint"))
    return (
        sa.update(rows)
        .where(ledger.c.batch_id == rows.c[str(table.batch_column)])
        .values(world_fingerprint=ledger.c.world_fingerprint)
    )


def _rows(table: Table, old: str, lake_id: str) -> sa.Insert:
    """Takes over the rows of version 1's ledger, which knew one table and one lake."""
    new = sqlalchemy_table(LOAD_LEDGER)
    kept = (
        *("batch_id", "row_count", "byte_count", "part_count", "manifest", "manifest_sha256"),
        *("manifest_version", "schema_fingerprint", "loaded_at"),
    )
    ledger = sa.table(old, *(sa.column(name, new.c[name].type) for name in kept))
    values = {
        "lake_id": sa.cast(lake_id, new.c.lake_id.type),
        "table_name": sa.cast(table.name, new.c.table_name.type),
        "status": sa.cast("loaded", new.c.status.type),
        "load_number": sa.func.row_number().over(order_by=ledger.c.loaded_at),
        "revision": sa.cast(1, new.c.revision.type),
        "changed_at": ledger.c.loaded_at,
        **{name: ledger.c[name] for name in kept},
    }
    return sa.insert(new).from_select(list(values), sa.select(*values.values()))
