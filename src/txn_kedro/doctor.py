"""The checks of ``kedro doctor``: can this process write the lake and load the warehouse?

Each check does what a run does, on a table of its own that it removes in the end.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import sqlalchemy as sa
from kedro.io import DatasetError

from txn_kedro.lake import BatchName, LazyBatch, ObjectLake, commit
from txn_kedro.lake.writing import writing
from txn_kedro.tables import Column, Table
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.redshift_warehouse import RedshiftWarehouse, quote_literal
from txn_kedro.warehouse.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from txn_kedro.lake import Lake, LakeFiles
    from txn_kedro.stores import Stores
    from txn_kedro.warehouse.base import Warehouse

_NEEDED = ("SELECT", "INSERT", "DELETE")


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        check: Name of the check.
        passed: Whether it passed; None if it was skipped.
        detail: What was found; for a failure, the error with its remedy.
        INDENT: Where the detail begins in its line.
    """

    INDENT: ClassVar[int] = 19

    check: str
    passed: bool | None
    detail: str

    def __str__(self) -> str:
        word = {True: "ok", False: "FAIL", None: "skip"}[self.passed]
        return f"  {word:<4}  {self.check:<9}  {' '.join(self.detail.split())}"


def examine(stores: Stores, report: Callable[[Finding], None]) -> None:
    """Run the checks.

    Args:
        stores: The tables of an environment.
        report: Takes each finding as soon as it is known.
    """
    for lake in stores.lake_roots:
        if isinstance(lake, ObjectLake) and lake.signs_as_process:
            report(_tried("identity", lake.identity))
        probe = _Probe(lake)
        try:
            _examine(stores, probe, report)
        finally:
            removed = _tried("cleanup", probe.remove)
            if not removed.passed and probe.is_written:
                report(removed)


def _examine(stores: Stores, probe: _Probe, report: Callable[[Finding], None]) -> None:
    report(_tried("lake", probe.write))
    answers = _tried("warehouse", lambda: _answer(stores.warehouse))
    report(answers)
    if not answers.passed or not stores.warehouse.exists():
        reason = (
            "the warehouse does not exist yet"
            if answers.passed
            else "the check of the warehouse failed"
        )
        report(Finding("load", None, reason))
        report(Finding("tables", None, reason))
        return
    if probe.is_written:
        report(_tried("load", lambda: probe.load(stores.warehouse)))
    else:
        report(Finding("load", None, "no batch to load, because the check of the lake failed"))
    report(_tried("tables", lambda: _tables(stores.warehouse, [*stores.loaded, LOAD_LEDGER])))


def _tried(check: str, action: Callable[[], str]) -> Finding:
    begin = time.monotonic()
    try:
        detail = action()
    except (DatasetError, OSError) as error:
        return Finding(check, False, str(error))
    return Finding(check, True, f"{detail}, {time.monotonic() - begin:.1f} s")


class _Probe:
    """A batch of one row, of a table that nobody else uses."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._table = Table(
            f"doctor_{secrets.token_hex(4)}", "A check of kedro doctor", (Column("n", "INTEGER"),)
        )
        self._name = BatchName(self._table.name, "1")
        self.is_written = False

    def write(self) -> str:
        """Commit the batch, and read it back."""
        rows = pa.table({"n": [1]}, schema=self._table.arrow_schema)
        commit(self._lake, self._table, LazyBatch("1", parts=[lambda: [rows]], workers=1), {})
        self.is_written = True
        self._files.check()
        return f"{self._lake.url('')}: a batch was written and read"

    def load(self, warehouse: Warehouse) -> str:
        """Copy the batch into a table that is created and dropped in the same transaction."""
        drop = sa.text(f"DROP TABLE {self._table.name}")
        steps = [
            *map(Step, warehouse.create_statements(self._table)),
            *warehouse.copy_steps(self._table, self._files),
            Step(drop),
        ]
        warehouse.run("doctor", steps)
        by = " by COPY with its role" if isinstance(warehouse, RedshiftWarehouse) else ""
        return f"a table was created, loaded{by}, and dropped"

    def remove(self) -> str:
        """Remove the files of the batch."""
        with writing(self._lake.url(self._table.name)):
            self._lake.remove(self._name.manifest_path)
            self._lake.remove_folder(self._table.name)
        return "the files of the check were removed"

    @property
    def _files(self) -> LakeFiles:
        return self._lake.batch(self._name)


def _answer(warehouse: Warehouse) -> str:
    if not warehouse.exists():
        return f"{warehouse}: not there yet; the first load creates it"
    if not isinstance(warehouse, RedshiftWarehouse):
        warehouse.read(lambda reader: reader.execute(sa.text("SELECT 1")).scalar_one())
        return f"{warehouse}: answers"
    user = warehouse.read(
        lambda reader: reader.execute(sa.text("SELECT current_user")).scalar_one()
    )
    return f"{warehouse}: answers to the user {user}"


def _tables(warehouse: Warehouse, tables: Sequence[Table]) -> str:
    """Check the tables that exist: their contracts and the user's privileges."""
    found = warehouse.found(*(table.name for table in tables))
    present = [table for table, columns in zip(tables, found, strict=True) if columns]
    for table, columns in zip(tables, found, strict=True):
        if columns:
            warehouse.preparation(columns, table)
    if isinstance(warehouse, RedshiftWarehouse) and present:
        _check_privileges(warehouse, present)
    return f"{len(present)} of {len(tables)} exist, and may be read and loaded"


def _check_privileges(warehouse: Warehouse, tables: Sequence[Table]) -> None:
    asked = [(privilege, table.name) for table in tables for privilege in _NEEDED]
    arguments = [
        f"{quote_literal(table)}, {quote_literal(privilege)}" for privilege, table in asked
    ]
    query = sa.text(f"SELECT {', '.join(f'has_table_privilege({each})' for each in arguments)}")
    granted = warehouse.read(lambda reader: reader.execute(query).one())
    lacking = [
        f"{privilege} on {table}"
        for (privilege, table), has in zip(asked, granted, strict=True)
        if not has
    ]
    if lacking:
        msg = (
            f"The user lacks {', '.join(lacking)}. Run as the role that created the tables, or let "
            "their owner GRANT these privileges."
        )
        raise DatasetError(msg)
