"""The warehouse's errors. Each has attributes with the facts, and a message with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.io import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.results import LoadReport


class TableMismatch(DatasetError):
    """A warehouse table is not as the contract describes it.

    Attributes:
        table: Its name.
        differences: One sentence for each column that differs.
        statements: SQL that repairs what can be repaired without losing data.
    """

    def __init__(self, table: str, differences: Sequence[str], statements: Sequence[str]) -> None:
        super().__init__(table, differences, statements)
        self.table = table
        self.differences = list(differences)
        self.statements = list(statements)

    def __str__(self) -> str:
        problem = (
            f"Table {self.table} does not keep its contract: "
            f"{'; '.join(self.differences)}. Nothing was loaded into it. "
        )
        if len(self.statements) < len(self.differences):
            return f"{problem}Alter the table, or load into another warehouse.{self._mending}"
        return (
            f"{problem}To repair it, run these statements, or set schema_evolution: add in the "
            f"table's catalog entry, which adds columns (but widens none):{self._mending}"
        )

    @property
    def _mending(self) -> str:
        return "".join(f"\n  {statement};" for statement in self.statements)


class OlderLayout(DatasetError):
    """An older version filled the warehouse, and its ledger has another layout.

    Attributes:
        where: The warehouse, without secrets.
    """

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where

    def __str__(self) -> str:
        return (
            f"The warehouse {self.where} was filled by an older version of this project: its table "
            "load_ledger has no lake_id. Nothing was changed. To move it to the present layout, "
            "once and in one transaction, run: kedro upgrade (with the --env of this run)"
        )


class LedgerDisagrees(DatasetError):
    """The rows of a batch in the warehouse are not those of its manifest in the lake.

    Attributes:
        label: Which batch of which table.
        batch_id: The batch.
        manifest: Where its manifest is.
        differences: One sentence for each fact that the ledger and the manifest disagree on.
    """

    def __init__(
        self, label: str, batch_id: str, manifest: str, differences: Sequence[str]
    ) -> None:
        super().__init__(label, batch_id, manifest, differences)
        self.label = label
        self.batch_id = batch_id
        self.manifest = manifest
        self.differences = list(differences)

    def __str__(self) -> str:
        return (
            f"{self.label}: the warehouse holds other rows than the lake: "
            f"{'; '.join(self.differences)}. Nothing was changed.\n"
            f"  If the warehouse is right, delete {self.manifest} and make the batch again with "
            "the settings that it was loaded with.\n"
            f"  If the lake is right, run: kedro replace {self.batch_id}"
        )


class Superseded(DatasetError):
    """The lake has a later revision of a batch than the warehouse.

    Attributes:
        table: Its table.
        batch_id: The batch.
        loaded: Revision in the warehouse.
        committed: Revision in the lake.
    """

    def __init__(self, table: str, batch_id: str, loaded: int, committed: int) -> None:
        super().__init__(table, batch_id, loaded, committed)
        self.table = table
        self.batch_id = batch_id
        self.loaded = loaded
        self.committed = committed

    def __str__(self) -> str:
        return (
            f"Batch {self.batch_id} of {self.table}: the warehouse has revision {self.loaded}, the "
            f"lake has revision {self.committed}. To load that in its place, run: "
            f"kedro replace {self.batch_id}"
        )


class NotInWarehouse(DatasetError):
    """A batch cannot be withdrawn or replaced because it was never loaded.

    Attributes:
        table: Its table.
        batch_id: The batch.
    """

    def __init__(self, table: str, batch_id: str) -> None:
        super().__init__(table, batch_id)
        self.table = table
        self.batch_id = batch_id

    def __str__(self) -> str:
        return (
            f"Batch {self.batch_id} of {self.table} is not in the warehouse, so there is nothing "
            "to withdraw or replace. kedro plan lists the loaded batches."
        )


class OtherLake(DatasetError):
    """The table holds batches of another lake, which may have the same ids.

    Attributes:
        label: Which batch of which table.
        lake_id: The lake that the batch is in.
        other: The lake whose batches the table has.
        manifest: A manifest of the other lake.
    """

    def __init__(self, label: str, lake_id: str, other: str, manifest: str) -> None:
        super().__init__(label, lake_id, other, manifest)
        self.label = label
        self.lake_id = lake_id
        self.other = other
        self.manifest = manifest

    def __str__(self) -> str:
        return (
            f"{self.label}: it is in the lake {self.lake_id}, but its table holds batches of the "
            f"lake {self.other} ({self.manifest}). The ids of two lakes may be the same, so a "
            "table takes one lake. Load it into another warehouse, or withdraw the other lake's "
            "batches. If both are the same lake, which has lost its lake.json, put this back as "
            f'lake.json: {{"lake_id": "{self.other}"}}'
        )


class WarehouseUnavailable(DatasetError):
    """The warehouse could not be used.

    Attributes:
        where: The warehouse, without secrets.
        problem: What it said, and how long we tried.
        remedy: What to do.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(where, problem, remedy)
        self.where = where
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return (
            f"The warehouse {self.where} could not be used: {self.problem}. {self.remedy} "
            "What is pending stays pending, and is loaded once."
        )


class TransientFailure(WarehouseUnavailable):
    """The warehouse was lost, or another session won; another try may succeed."""


class WarehouseRefused(DatasetError):
    """The warehouse refused a statement; nothing of its transaction was kept.

    Attributes:
        where: The warehouse, without secrets.
        problem: What it said, and what to do about it where that is known.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"The warehouse {self.where} refused: {self.problem}"


class LoadFailed(DatasetError):
    """Some batches could not be loaded; the others were.

    Attributes:
        report: What became of each batch.
        failures: The error message of each batch that failed.
        loaded: Ids of the batches that were loaded.
    """

    def __init__(self, report: LoadReport) -> None:
        super().__init__(report)
        self.report = report
        self.failures = list(report.failures)
        self.loaded = [batch.batch_id for batch in report.loaded]

    def __str__(self) -> str:
        loaded = f"Loaded: {', '.join(self.loaded)}." if self.loaded else "Loaded: none."
        failed = len(self.failures)
        many = "batch" if failed == 1 else "batches"
        lines = [f"{failed} {many} of {self.report.table} could not be loaded.", loaded]
        return "\n".join([*lines, *(f"- {failure}" for failure in self.failures)])
