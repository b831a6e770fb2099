"""What can go wrong in the warehouse; each error holds its facts and states the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.io import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.warehouse.outcomes import LoadReport


class TableMismatch(DatasetError):
    """A warehouse table is not as the contract describes it.

    Attributes:
        table: Its name.
        differences: One sentence for each column that differs.
        statements: SQL that would mend what can be mended without losing anything.
    """

    def __init__(self, table: str, differences: Sequence[str], statements: Sequence[str]) -> None:
        super().__init__(table, differences, statements)
        self.table = table
        self.differences = list(differences)
        self.statements = list(statements)

    def __str__(self) -> str:
        problem = (
            f"Table {self.table} differs from what this version writes: "
            f"{'; '.join(self.differences)}. Nothing was loaded into it. "
        )
        if len(self.statements) < len(self.differences):
            return f"{problem}Alter the table, or load into another warehouse.{self._mending}"
        return f"{problem}To repair it, run:{self._mending}"

    @property
    def _mending(self) -> str:
        return "".join(f"\n  {statement};" for statement in self.statements)


class LedgerDisagrees(DatasetError):
    """The warehouse holds a batch that the lake now has otherwise.

    Attributes:
        batch_id: The batch.
        manifest: Where its manifest is.
        differences: One sentence for each fact that the ledger and the manifest disagree on.
        removal: SQL that removes the batch from the warehouse.
    """

    def __init__(
        self, batch_id: str, manifest: str, differences: Sequence[str], removal: Sequence[str]
    ) -> None:
        super().__init__(batch_id, manifest, differences, removal)
        self.batch_id = batch_id
        self.manifest = manifest
        self.differences = list(differences)
        self.removal = list(removal)

    def __str__(self) -> str:
        statements = "".join(
            f"\n  {statement};" for statement in ["BEGIN", *self.removal, "COMMIT"]
        )
        return (
            f"Batch {self.batch_id}: the warehouse holds other rows than the lake: "
            f"{'; '.join(self.differences)}. Nothing was changed.\n"
            f"  If the warehouse is right, delete {self.manifest} and run the generation with the "
            "settings that the batch was loaded with.\n"
            f"  If the lake is right, run this in the warehouse, then load again:{statements}"
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
        failures: What each refused batch's error said.
        loaded: Ids of the batches that were loaded.
    """

    def __init__(self, report: LoadReport) -> None:
        super().__init__(report)
        self.report = report
        self.failures = list(report.failures)
        self.loaded = [batch.name for batch in report.loaded]

    def __str__(self) -> str:
        loaded = f"Loaded: {', '.join(self.loaded)}." if self.loaded else "Loaded: none."
        lines = [f"{len(self.failures)} batch(es) could not be loaded.", loaded]
        return "\n".join([*lines, *(f"- {failure}" for failure in self.failures)])
