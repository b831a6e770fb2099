"""The steps of a transaction as data, which the loader runs and the plan prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from txn_kedro.lake.errors import FilesRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from txn_kedro.lake import LakeFiles

Statement: TypeAlias = (
    "sa.Select[Any] | sa.Insert | sa.Update | sa.Delete | sa.TextClause "
    "| sa.schema.ExecutableDDLElement"
)
Check: TypeAlias = "Callable[[Any], object]"


@dataclass(frozen=True)
class Step:
    """A statement, and the check of its result.

    Attributes:
        statement: The statement to run.
        check: Raises if the transaction must be rolled back. If it returns a value, the
            transaction ends early with that result.
        guard: The check as a SELECT that fails on purpose unless the transaction may go on, for a
            warehouse that is sent all statements at once; None if there is nothing to check.
    """

    statement: Statement
    check: Check = lambda _result: None
    guard: sa.Select[Any] | None = None


def fails_unless(
    condition: sa.ColumnElement[bool], *where: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """A guard: a SELECT that divides by zero unless a condition on aggregates holds.

    Args:
        condition: What must hold.
        where: The rows that are aggregated.
    """
    return sa.select(sa.literal(1) // sa.case((condition, 1), else_=0)).where(*where)


def must_be_all(files: LakeFiles, copied: int | None) -> None:
    """Check that all rows of a batch were copied.

    Args:
        files: The batch.
        copied: Number of rows that COPY reports; None if it is known only that it is not all.

    Raises:
        FilesRefused: They were fewer, or more.
    """
    promised = files.manifest.volume.rows
    if copied != promised:
        loaded = "another number of" if copied is None else f"{copied:,}"
        problem = f"COPY loaded {loaded} rows, its manifest promises {promised:,}; rolled back"
        remedy = f"Delete {files.manifest_url} and make the batch again."
        raise FilesRefused(files.label, problem, remedy)
