"""The protocol: how a batch is appended, withdrawn or replaced, each in one transaction.

The first statement locks the ledger, and the second looks the batch up in it. So if two loaders
run, the second waits and then sees what the first did. After a crash or a lost response, the ledger
shows whether the transaction was committed.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from txn_kedro.results import AlreadyLoaded, AlreadyWithdrawn
from txn_kedro.warehouse.definitions import sqlalchemy_table
from txn_kedro.warehouse.errors import (
    LedgerDisagrees,
    NotInWarehouse,
    OtherLake,
    Superseded,
)
from txn_kedro.warehouse.ledger import LOAD_LEDGER, LOADED, REPLACED, WITHDRAWN
from txn_kedro.warehouse.steps import Step, fails_unless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse

logger = logging.getLogger(__name__)

LEDGER = sqlalchemy_table(LOAD_LEDGER)


def append(warehouse: Warehouse, table: Table, files: LakeFiles) -> list[Step]:
    """The steps that append a batch to its table, unless the ledger has it.

    Running them returns ``AlreadyLoaded`` if the ledger has the batch, and None if they loaded it.

    Raises:
        FilesRefused: The warehouse cannot read the lake that the batch is in. A step raises it if
            other rows were copied than the manifest promises.
        LedgerDisagrees: Raised by a step: the batch was loaded by another manifest.
        OtherLake: Raised by a step: the table has batches of another lake.
    """
    return [
        *map(Step, warehouse.lock_statements),
        Step(_own_or_foreign(files), partial(_found, files), _must_be_new(files)),
        *warehouse.orphan_steps(table, files),
        *warehouse.copy_steps(table, files),
        Step(_ledger_row(files)),
    ]


def withdraw(warehouse: Warehouse, table: Table, batch_id: str) -> list[Step]:
    """The steps that delete a batch's rows from its table and mark it in the ledger.

    Running them returns ``AlreadyWithdrawn`` if it was withdrawn before, and None if they did it.

    Raises:
        NotInWarehouse: Raised by a step: the ledger has no such batch.
    """
    rows = sa.and_(_is_of(table, batch_id), LEDGER.c.status != WITHDRAWN)
    return [
        *map(Step, warehouse.lock_statements),
        Step(
            _rows_of(table, batch_id),
            partial(_to_withdraw, table, batch_id),
            fails_unless(sa.func.count(LEDGER.c.batch_id) > 0, rows),
        ),
        _deletion(table, batch_id),
        Step(_changed(rows, status=WITHDRAWN, changed_at=_now())),
    ]


def replace(warehouse: Warehouse, table: Table, files: LakeFiles) -> list[Step]:
    """The steps that replace a batch's rows with those of its current manifest.

    Running them returns ``AlreadyLoaded`` if its rows are from that manifest already, and None if
    they replaced them. A withdrawn batch is restored.

    Raises:
        FilesRefused: As ``append``.
        NotInWarehouse: Raised by a step: the ledger has no such batch.
        OtherLake: Raised by a step: the table has batches of another lake.
    """
    batch_id = files.manifest.batch_id
    row, now = sa.and_(_is_of(table, batch_id), LEDGER.c.lake_id == files.lake_id), _now()
    present = {**_facts(files), **_place(files), "loaded_at": now, "changed_at": now}
    return [
        *map(Step, warehouse.lock_statements),
        Step(_own_or_foreign(files), partial(_to_replace, files), _must_differ(files)),
        _deletion(table, batch_id),
        *warehouse.copy_steps(table, files),
        Step(_changed(row, status=REPLACED, **present)),
    ]


def compare(files: LakeFiles, row: Mapping[str, Any]) -> AlreadyLoaded:
    """Check that a batch was loaded from the manifest that the lake has.

    Args:
        files: The batch in the lake.
        row: Its row of the ledger.

    Raises:
        Superseded: They are from an earlier revision.
        LedgerDisagrees: They are from another manifest.
    """
    manifest = files.manifest
    if row["status"] == WITHDRAWN:
        logger.warning("%s: it was withdrawn, so it is not loaded", files.label)
    elif row["revision"] < manifest.revision:
        raise Superseded(manifest.table, manifest.batch_id, int(row["revision"]), manifest.revision)
    elif differences := _differences(files, row):
        raise LedgerDisagrees(files.label, manifest.batch_id, files.manifest_url, differences)
    return AlreadyLoaded(manifest.table, manifest.batch_id)


def _found(files: LakeFiles, result: sa.Result[Any]) -> AlreadyLoaded | None:
    row = _own(files, result)
    return compare(files, row) if row else None


def _to_replace(files: LakeFiles, result: sa.Result[Any]) -> AlreadyLoaded | None:
    row = _own(files, result)
    manifest = files.manifest
    if row is None:
        raise NotInWarehouse(manifest.table, manifest.batch_id)
    if row["status"] != WITHDRAWN and not _differences(files, row):
        return AlreadyLoaded(manifest.table, manifest.batch_id)
    return None


def _to_withdraw(table: Table, batch_id: str, result: sa.Result[Any]) -> AlreadyWithdrawn | None:
    statuses = [row["status"] for row in result.mappings()]
    if not statuses:
        raise NotInWarehouse(table.name, batch_id)
    return AlreadyWithdrawn(table.name, batch_id) if set(statuses) == {WITHDRAWN} else None


def _own(files: LakeFiles, result: sa.Result[Any]) -> Mapping[str, Any] | None:
    """The ledger's row of a batch.

    Raises:
        OtherLake: The table has batches of another lake.
    """
    own = None
    for row in result.mappings():
        if row["lake_id"] == files.lake_id:
            own = dict(row)
        else:
            raise OtherLake(files.label, files.lake_id, row["lake_id"], row["manifest"])
    return own


def _is_of(table: Table, batch_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(LEDGER.c.table_name == table.name, LEDGER.c.batch_id == batch_id)


def _rows_of(table: Table, batch_id: str) -> sa.Select[Any]:
    return sa.select(LEDGER).where(_is_of(table, batch_id))


def _own_or_foreign(files: LakeFiles) -> sa.Select[Any]:
    """Select a batch's ledger row, and a row of the same table from another lake."""
    own = LEDGER.c.lake_id == files.lake_id
    return (
        sa.select(LEDGER)
        .where(_is_own_or_foreign(files))
        .order_by(sa.case((own, 1), else_=0))
        .limit(2)
    )


def _is_own_or_foreign(files: LakeFiles) -> sa.ColumnElement[bool]:
    own = LEDGER.c.lake_id == files.lake_id
    return sa.and_(
        LEDGER.c.table_name == files.manifest.table,
        sa.or_(
            sa.and_(own, LEDGER.c.batch_id == files.manifest.batch_id),
            sa.and_(~own, LEDGER.c.status != WITHDRAWN),
        ),
    )


def _must_be_new(files: LakeFiles) -> sa.Select[Any]:
    """The guard of ``append``: the ledger has neither the batch nor one of another lake."""
    return fails_unless(sa.func.count(LEDGER.c.batch_id) == 0, _is_own_or_foreign(files))


def _must_differ(files: LakeFiles) -> sa.Select[Any]:
    """The guard of ``replace``: the ledger has the batch, from another manifest or withdrawn, and
    none of another lake.
    """
    differs = sa.or_(
        LEDGER.c.status == WITHDRAWN, LEDGER.c.manifest_sha256 != files.manifest_sha256
    )
    due = sa.and_(LEDGER.c.lake_id == files.lake_id, differs)
    # Any other row makes the sum too small.
    score = sa.func.sum(sa.case((due, 1), else_=-1))
    return fails_unless(sa.func.coalesce(score, 0) == 1, _is_own_or_foreign(files))


def _deletion(table: Table, batch_id: str) -> Step:
    rows = sqlalchemy_table(table)
    return Step(sa.delete(rows).where(rows.c[str(table.batch_column)] == batch_id))


def _changed(where: sa.ColumnElement[bool], **values: Any) -> sa.Update:
    """Update rows of the ledger, and give them the next load number."""
    every = LEDGER.alias("every")
    highest = sa.func.coalesce(sa.func.max(every.c.load_number), 0) + 1
    # A query in FROM, as Redshift documents it for UPDATE; each number in the ledger is below it.
    following = sa.select(highest.label("load_number")).subquery("following")
    return (
        sa.update(LEDGER)
        .where(where, LEDGER.c.load_number < following.c.load_number)
        .values(**values, load_number=following.c.load_number)
    )


def _now() -> datetime:
    """The time in UTC, as the ledger has it."""
    return datetime.now(UTC).replace(tzinfo=None)


def _ledger_row(files: LakeFiles) -> sa.Insert:
    now = _now()
    row = {
        "lake_id": files.lake_id,
        "table_name": files.manifest.table,
        "batch_id": files.manifest.batch_id,
        "status": LOADED,
        **_facts(files),
        **_place(files),
        "loaded_at": now,
        "changed_at": now,
    }
    # As a SELECT, for Redshift takes no subquery among VALUES.
    values = {name: sa.cast(value, LEDGER.c[name].type) for name, value in row.items()}
    number = sa.func.coalesce(sa.func.max(LEDGER.c.load_number), 0) + 1
    return sa.insert(LEDGER).from_select(
        [*values, "load_number"], sa.select(*values.values(), number)
    )


def _facts(files: LakeFiles) -> dict[str, Any]:
    """Return the ledger's facts of a batch's content, which do not depend on place and time."""
    manifest = files.manifest
    return {
        "revision": manifest.revision,
        "row_count": manifest.volume.rows,
        "byte_count": manifest.volume.bytes,
        "part_count": manifest.volume.parts,
        "manifest_sha256": files.manifest_sha256,
        "schema_fingerprint": manifest.columns.fingerprint,
    }


def _place(files: LakeFiles) -> dict[str, Any]:
    return {"manifest": files.manifest_url, "manifest_version": files.manifest_version}


def _differences(files: LakeFiles, row: Mapping[str, Any]) -> list[str]:
    """Return how a manifest differs from a ledger row; empty if the manifest is the same.

    Values that are NULL in the row are not compared.
    """
    if row["manifest_sha256"] == files.manifest_sha256:
        return []
    return [
        f"{name} is {row[name]} in the ledger, {value} in the lake"
        for name, value in _facts(files).items()
        if row[name] not in {None, value}
    ]
