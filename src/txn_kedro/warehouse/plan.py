"""Plan a load: find out what it would do, without doing it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.results import Volume
from txn_kedro.warehouse import protocol
from txn_kedro.warehouse.errors import LedgerDisagrees, OtherLake, Superseded
from txn_kedro.warehouse.ledger import LOAD_LEDGER, WITHDRAWN, one_row_per_batch
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.pending import find_pending
from txn_kedro.warehouse.query import TableQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from txn_kedro.lake import BatchReference, LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Warehouse
    from txn_kedro.warehouse.fitting import Fit
    from txn_kedro.warehouse.steps import Statement

State = Literal["loaded", "pending", "broken", "withdrawn", "superseded", "differs"]


@dataclass(frozen=True)
class PlannedBatch:
    """A batch, and its state before a load.

    Attributes:
        table: Its table.
        batch_id: The batch.
        state: ``loaded`` or ``withdrawn`` (nothing to do), ``pending``, ``broken`` (it would be
            refused), ``superseded`` (the lake has a later revision than the warehouse) or
            ``differs`` (it is loaded, but from another manifest than the lake has now).
        volume: Its size; None if its manifest cannot be read.
        problem: Why it is broken, or what differs.
        statements: The SQL that would load it, in one transaction.
    """

    table: str
    batch_id: str
    state: State
    volume: Volume | None = None
    problem: str | None = None
    statements: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The plan of a load.

    Attributes:
        warehouse: The warehouse, without secrets.
        creates: The SQL that would create missing tables.
        batches: The batches in the lake or the ledger: table by table, in the order of their ids.
    """

    warehouse: str
    creates: list[str]
    batches: list[PlannedBatch]

    @property
    def is_pending(self) -> bool:
        """Whether a load would load or refuse a batch."""
        return any(
            batch.state not in {"loaded", "withdrawn", "superseded"} for batch in self.batches
        )

    @property
    def differs(self) -> list[PlannedBatch]:
        """Batches whose rows in the warehouse are not those of the lake."""
        return [batch for batch in self.batches if batch.state == "differs"]

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        return {**asdict(self), "pending": self.is_pending}

    def lines(self) -> Iterator[str]:
        """The plan as a person reads it: the SQL, then what is what, the sum at last."""
        yield from sql_lines("missing tables", self.creates)
        for batch in self.batches:
            yield from sql_lines(f"{batch.table} {batch.batch_id}", batch.statements)
        for table in dict.fromkeys(batch.table for batch in self.batches):
            yield table
            yield from (f"  {_line(batch)}" for batch in self.batches if batch.table == table)
        if self.batches:
            yield ""
        yield f"{self.warehouse}: {_sum(self.batches)}."


def make_plan(
    warehouse: Warehouse,
    committed: Mapping[Table, Mapping[str, BatchReference]],
    *,
    evolving: Sequence[Table] = (),
    verify: bool = False,
) -> Plan:
    """Plan a load.

    Args:
        warehouse: Where to.
        committed: Tables, each with its batches in the lake.
        evolving: Tables to which columns would be added.
        verify: Read the manifest of every loaded batch and compare it with the ledger, not only of
            those whose manifest has changed since.

    Raises:
        DatasetError: The ledger has more than one row of a batch.
        OlderLayout: The warehouse was filled by an older version.
        TableMismatch: A table does not keep its contract.
        WarehouseUnavailable: The warehouse could not be opened.
    """
    return _Planner(warehouse, evolving, verify=verify).plan(committed)


class _Planner:
    def __init__(self, warehouse: Warehouse, evolving: Sequence[Table], *, verify: bool) -> None:
        self._warehouse = warehouse
        self._evolving = evolving
        self._verify = verify
        self._ledger = TableQuery.of(LOAD_LEDGER, warehouse).to_pandas()
        one_row_per_batch(self._ledger)

    def plan(self, committed: Mapping[Table, Mapping[str, BatchReference]]) -> Plan:
        batches = [
            batch
            for table, references in committed.items()
            for batch in self._batches(table, references)
        ]
        due = {batch.table for batch in batches if batch.state == "pending"}
        tables = [table for table in committed if table.name in due]
        return Plan(str(self._warehouse), self._creates(tables), batches)

    def _creates(self, due: Sequence[Table]) -> list[str]:
        """The SQL that would create, or add to, the tables which pending batches need."""
        tables = [LOAD_LEDGER, *due] if due else []
        return [
            self._warehouse.sql(statement)
            for table in tables
            for statement in self._prepare(table)[0]
        ]

    def _prepare(self, table: Table) -> tuple[Sequence[Statement], Fit]:
        (found,) = self._warehouse.found(table.name)
        return self._warehouse.preparation(found, table, evolve=table in self._evolving)

    def _batches(
        self, table: Table, committed: Mapping[str, BatchReference]
    ) -> Iterator[PlannedBatch]:
        fit = self._prepare(table)[1]
        loader = Loader(self._warehouse, table)
        ledger = self._ledger[self._ledger["table_name"] == table.name]
        # If the lake has lost all of its batches, the ledger still lists them.
        lakes = {reference.lake_id for reference in committed.values()} or set(ledger["lake_id"])
        is_own = ledger["lake_id"].isin(lakes)
        rows = {str(row["batch_id"]): row for row in _records(ledger[is_own])}
        others = ledger[~is_own & (ledger["status"] != WITHDRAWN)]
        compared = committed if self._verify else find_pending(committed, self._ledger)
        for batch_id in sorted({*committed, *rows}):
            if row := rows.get(batch_id):
                yield _known(table, row, compared.get(batch_id))
            elif len(others):
                reference, other = committed[batch_id], others.iloc[0]
                refusal = OtherLake(
                    str(reference.name), reference.lake_id, other["lake_id"], other["manifest"]
                )
                yield PlannedBatch(table.name, batch_id, "broken", problem=str(refusal))
            else:
                yield _unknown(table, committed[batch_id], fit, loader)


def _records(ledger: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of the ledger, with None for NULL."""
    for row in ledger.astype(object).where(ledger.notna(), None).to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def _known(
    table: Table, row: Mapping[str, Any], read: Callable[[], LakeFiles] | None
) -> PlannedBatch:
    """A batch that is in the ledger; compared with the lake if it can be read there."""
    volume = Volume(row["row_count"], row["byte_count"], row["part_count"])
    state: State = "loaded"
    problem = None
    if row["status"] == WITHDRAWN:
        state = "withdrawn"
    elif read:
        try:
            protocol.compare(read(), row)
        except Superseded as error:
            state, problem = "superseded", str(error)
        except (FilesRefused, LedgerDisagrees, ManifestError) as error:
            state, problem = "differs", str(error)
    return PlannedBatch(table.name, row["batch_id"], state, volume, problem)


def _unknown(table: Table, reference: BatchReference, fit: Fit, loader: Loader) -> PlannedBatch:
    """A batch that the ledger lacks."""
    batch_id, volume = reference.name.batch_id, None
    try:
        files = reference()
        volume = files.manifest.volume
        fit.check_batch(files)
        files.check()
        statements = loader.plan(files)
    except (FilesRefused, ManifestError) as error:
        return PlannedBatch(table.name, batch_id, "broken", volume, str(error))
    return PlannedBatch(table.name, batch_id, "pending", volume, statements=statements)


def sql_lines(name: str, statements: Sequence[str]) -> Iterator[str]:
    """Statements under a heading, as a person reads them; nothing if there are none."""
    if statements:
        yield f"-- {name}"
        yield from (f"{statement};" for statement in statements)
        yield ""


def _line(batch: PlannedBatch) -> str:
    volume = f"{_of_volume(batch.volume)}" if batch.volume else ""
    problem = f"  {batch.problem}" if batch.problem else ""
    return f"{batch.batch_id:<18}  {batch.state:<7}  {volume}{problem}".rstrip()


def _of_volume(volume: Volume) -> str:
    return f"{volume.rows:>11,} rows {volume.bytes / 1e6:>9,.1f} MB {volume.parts:>3} parts"


def _sum(batches: Sequence[PlannedBatch]) -> str:
    count = Counter(batch.state for batch in batches)
    due = sum((b.volume for b in batches if b.state == "pending" and b.volume), Volume())
    one_or_many = "batch" if count["loaded"] == 1 else "batches"
    told = [
        f"{count['loaded']} {one_or_many} loaded",
        f"{count['pending']} pending ({due.rows:,} rows, {due.bytes / 1e6:,.1f} MB)",
        f"{count['broken']} broken",
    ]
    told += [f"{count[state]} {state}" for state in ("withdrawn", "superseded") if count[state]]
    if count["differs"]:
        told.append(f"{count['differs']} LOADED FROM ANOTHER MANIFEST")
    return ", ".join(told)
