"""The steps of a transaction as data, which the loader runs and the plan prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from txn_kedro.lake.errors import FilesRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from txn_kedro.lake import LakeFiles

Statement: TypeAlias = (
    "sa.Select[Any] | sa.Insert | sa.Update | sa.Delete | sa.TextClause "
    "| sa.schema.ExecutableDDLElement"
)
Check: TypeAlias = "Callable[[sa.CursorResult[Any]], object]"


@dataclass(frozen=True)
class Step:
    """A statement, and the check of its result.

    Attributes:
        statement: The statement to run.
        check: Raises if the transaction must be rolled back. If it returns a value, the
            transaction ends early with that result.
    """

    statement: Statement
    check: Check = lambda _result: None


def run_steps(connection: sa.Connection, steps: Sequence[Step]) -> object | None:
    """Run steps in order, and return the first result that a check returns."""
    for step in steps:
        result = connection.execute(step.statement)
        if (outcome := step.check(result)) is not None:
            return outcome
    return None


def must_be_all(files: LakeFiles, copied: int) -> None:
    """Check that all rows of a batch were copied.

    Raises:
        FilesRefused: They were fewer, or more.
    """
    promised = files.manifest.volume.rows
    if copied != promised:
        problem = f"COPY loaded {copied:,} rows, its manifest promises {promised:,}; rolled back"
        remedy = f"Delete {files.manifest_url} and make the batch again."
        raise FilesRefused(files.label, problem, remedy)
