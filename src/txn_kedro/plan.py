"""What a load would do, found out without doing any of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.lake.outcomes import Volume
from txn_kedro.pipelines.loading.nodes import find_pending
from txn_kedro.synthesis.tables import TABLES, TRANSACTIONS, WORLD_TABLES
from txn_kedro.warehouse.errors import LedgerDisagrees
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.loader import Loader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import sqlalchemy as sa
    from kedro.io import DataCatalog

    from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
    from txn_kedro.lake import BatchReference, LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse

State = Literal["loaded", "pending", "broken", "differs"]


@dataclass(frozen=True)
class Step:
    """A batch or a world table, and what a load would do with it.

    Attributes:
        name: The batch id, or the table.
        state: ``loaded`` (nothing to do), ``pending``, ``broken`` (it would be refused) or
            ``differs`` (it is loaded, but from another manifest than the lake has now).
        volume: How much it is; None if its manifest cannot tell.
        problem: Why it is broken, or what differs.
        statements: The SQL that would load it, in one transaction.
    """

    name: str
    state: State
    volume: Volume | None = None
    problem: str | None = None
    statements: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What a load would do.

    Attributes:
        warehouse: Where to, without secrets.
        creates: The SQL that would create missing tables.
        batches: The committed batches, in time order.
        world: The world tables.
    """

    warehouse: str
    creates: list[str]
    batches: list[Step]
    world: list[Step]

    @property
    def is_pending(self) -> bool:
        """Whether a load would have anything to do, or to refuse."""
        return any(step.state != "loaded" for step in (*self.batches, *self.world))

    @property
    def differs(self) -> list[Step]:
        """Batches of which the warehouse holds other rows than the lake."""
        return [step for step in self.batches if step.state == "differs"]

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        return {**asdict(self), "pending": self.is_pending}

    def lines(self) -> Iterator[str]:
        """The plan as a person reads it: the SQL, then what is what, the sum at last."""
        yield from _sql("missing tables", self.creates)
        for step in (*self.batches, *self.world):
            yield from _sql(step.name, step.statements)
        if self.batches:
            yield from map(_line, (*self.batches, *self.world))
            yield ""
        yield f"{self.warehouse}: {_sum(self.batches)}; {_sum_of_world(self.world)}."


def make_plan(catalog: DataCatalog, *, verify: bool = False) -> Plan:
    """Plan a load of what is in a catalog's lake into its warehouse.

    Args:
        catalog: Where they are.
        verify: Read the manifest of every loaded batch and compare it with the ledger, not only of
            those whose manifest has changed since.

    Raises:
        TableMismatch: A table differs from the contract.
        WarehouseUnavailable: The warehouse could not be opened.
    """
    committed: dict[str, BatchReference] = catalog["batches"].load()
    ledger = catalog[LOAD_LEDGER.name].load()
    rows = {row["batch_id"]: row for row in ledger.to_dict("records")}
    compared = committed if verify else find_pending(committed, ledger)
    planner = _Planner(_table(catalog, TRANSACTIONS).warehouse)
    batches = [
        planner.loaded(rows[batch_id], compared.get(batch_id))
        if batch_id in rows
        else planner.batch(batch_id, committed[batch_id])
        for batch_id in sorted({*committed, *rows})
    ]
    found = [
        planner.world_table(table, partial(_table(catalog, table).newest_world, committed))
        for table in WORLD_TABLES
    ]
    world = [step for step in found if step]
    return Plan(str(planner.warehouse), planner.creates([*batches, *world]), batches, world)


def _table(catalog: DataCatalog, table: Table) -> WarehouseTableDataset:
    return cast("WarehouseTableDataset", catalog[table.name])


class _Planner:
    """Asks a warehouse what it has, and the loader what it would send.

    Raises:
        TableMismatch: A table differs from the contract.
        WarehouseUnavailable: The warehouse could not be opened.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self._loader = Loader(warehouse)
        self._missing = set(self._find_missing())

    def _find_missing(self) -> list[str]:
        if not self.warehouse.exists():
            return list(TABLES)
        return self.warehouse.read(self._missing_on)

    def _missing_on(self, connection: sa.Connection) -> list[str]:
        return [
            name for name, table in TABLES.items() if not self.warehouse.check(connection, table)
        ]

    def creates(self, steps: list[Step]) -> list[str]:
        """The SQL that creates the tables which the pending steps need."""
        pending = {step.name for step in steps if step.state == "pending"}
        needed = [
            table
            for name, table in TABLES.items()
            if name in self._missing and pending and (name in pending or table not in WORLD_TABLES)
        ]
        return [
            self.warehouse.sql(statement)
            for table in needed
            for statement in self.warehouse.create_statements(table)
        ]

    def loaded(self, row: Mapping[str, Any], read: Callable[[], LakeFiles] | None) -> Step:
        """A batch that is in the ledger; compared with the lake if it can be read there."""
        volume = Volume(row["row_count"], row["byte_count"], row["part_count"])
        try:
            if read:
                self._loader.compare(read(), row)
        except (FilesRefused, LedgerDisagrees, ManifestError) as error:
            return Step(row["batch_id"], "differs", volume, problem=str(error))
        return Step(row["batch_id"], "loaded", volume)

    def batch(self, batch_id: str, read: Callable[[], LakeFiles]) -> Step:
        volume = None
        try:
            files = read()
            volume = files.manifest.volume
            files.check(TRANSACTIONS)
            statements = self._loader.statements(files)
        except (FilesRefused, ManifestError) as error:
            return Step(batch_id, "broken", volume, problem=str(error))
        return Step(batch_id, "pending", volume, statements=statements)

    def world_table(self, table: Table, read: Callable[[], LakeFiles | None]) -> Step | None:
        """What would be done with a world table; None if no batch has one."""
        volume = None
        try:
            files = read()
            if files is None:
                return None
            volume = files.manifest.volume
            if self._has(table, files):
                return Step(table.name, "loaded", volume)
            files.check(table)
            statements = self._loader.world_statements(table, files)
        except (FilesRefused, ManifestError) as error:
            return Step(table.name, "broken", volume, problem=str(error))
        return Step(table.name, "pending", volume, statements=statements)

    def _has(self, table: Table, files: LakeFiles) -> bool:
        if table.name in self._missing:
            return False
        present = self.warehouse.read(partial(self._loader.worlds, table=table))
        return present == {files.manifest.name: files.manifest.volume.rows}


def _sql(name: str, statements: list[str]) -> Iterator[str]:
    if statements:
        yield f"-- {name}"
        yield from (f"{statement};" for statement in statements)
        yield ""


def _line(step: Step) -> str:
    volume = f"{_of_volume(step.volume)}" if step.volume else ""
    problem = f"  {step.problem}" if step.problem else ""
    return f"{step.name:<16}  {step.state:<7}  {volume}{problem}".rstrip()


def _of_volume(volume: Volume) -> str:
    return f"{volume.rows:>11,} rows {volume.bytes / 1e6:>9,.1f} MB {volume.parts:>3} parts"


def _sum(batches: list[Step]) -> str:
    counts = {
        state: sum(step.state == state for step in batches)
        for state in ("loaded", "pending", "broken", "differs")
    }
    pending = [step.volume for step in batches if step.state == "pending" and step.volume]
    rows, size = sum(v.rows for v in pending), sum(v.bytes for v in pending) / 1e6
    one_or_many = "batch" if counts["loaded"] == 1 else "batches"
    return (
        f"{counts['loaded']} {one_or_many} loaded, {counts['pending']} pending "
        f"({rows:,} rows, {size:,.1f} MB), {counts['broken']} broken"
        + (f", {counts['differs']} LOADED FROM ANOTHER MANIFEST" if counts["differs"] else "")
    )


def _sum_of_world(world: list[Step]) -> str:
    due = [step.name for step in world if step.state != "loaded"]
    return f"world tables to load: {', '.join(due) or 'none'}"
