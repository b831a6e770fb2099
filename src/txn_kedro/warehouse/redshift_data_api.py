"""Amazon Redshift, reached through its Data API: needs HTTPS and IAM, and no route to it."""

from __future__ import annotations

import logging
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData

from txn_kedro.warehouse.data_api import (
    MAX_STATEMENTS,
    DataApi,
    StatementFailed,
    StatementTimedOut,
)
from txn_kedro.warehouse.errors import TransientFailure, WarehouseRefused, WarehouseUnavailable
from txn_kedro.warehouse.redshift_warehouse import (
    COPIED,
    TIMEOUT_REMEDY,
    RedshiftWarehouse,
    sentences,
    with_remedy,
)
from txn_kedro.warehouse.retrying import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import sqlalchemy as sa

    from txn_kedro.warehouse.base import Reader
    from txn_kedro.warehouse.steps import Statement, Step

T = TypeVar("T")

logger = logging.getLogger(__name__)

_GUARD_FAILED = re.compile("divi(de|sion) by zero", re.IGNORECASE)
# The service gives no SQLSTATE: serializable isolation violated, relation not in the snapshot,
# another loader has created the table or the column meanwhile, the server shuts down.
_CONFLICT = re.compile(
    r"^(ERROR: )?(1023|1018)\b|Serializable isolation|deadlock detected|already exists"
    "|terminating connection|shutting down|connection .*(closed|lost)",
    re.IGNORECASE,
)
_REFUSED_SIGN_IN = re.compile('authentication failed|database "[^"]*" does not exist')


class DataApiWarehouse(RedshiftWarehouse):
    """A database of Redshift Serverless, through the Data API.

    A transaction is one call with all of its statements, so that a client that dies keeps no lock.
    The checks between them are guards: statements that fail on purpose. Reads are single
    statements, each a transaction of its own: none of them needs to see what another saw.
    """

    @cached_property
    def _api(self) -> DataApi:
        return DataApi(self._credentials, self._connect_timeout, self._statement_timeout)

    def run(self, label: str, steps: Sequence[Step]) -> object | None:
        try:
            description = self._api.run(label, [self.sent(step) for step in steps])
        except StatementFailed as error:
            raise self._failure(error) from error
        if description["Status"] == "FINISHED":
            return None
        statements = description.get("SubStatements", [])
        place = next((i for i, s in enumerate(statements) if s["Status"] == "FAILED"), None)
        if place is not None:
            step, said = steps[place], statements[place].get("Error", "")
            if step.guard is not None and _GUARD_FAILED.search(said):
                return self._why(step, statements[place - 1])
            if self.sent(step).startswith("COPY "):
                raise self._copy_refused(said, statements[place])
        raise self._failure(StatementFailed(description))

    def _why(self, step: Step, previous: Mapping[str, Any]) -> object:
        """What the check says whose guard has failed; the transaction was rolled back."""
        if step.statement is COPIED:
            rows = previous.get("ResultRows", -1)
            result = _result(["rows"], [[rows if rows >= 0 else None]])
        else:
            result = self.read(lambda reader: reader.execute(step.statement))
        outcome = step.check(result)
        if outcome is None:
            problem = "the ledger was changed by another run at the same time"
            raise TransientFailure(str(self), problem, "Run again when that has ended.")
        return outcome

    def read(self, action: Callable[[Reader], T]) -> T:
        return retrying(lambda: action(_Statements(self)))

    def query(self, statement: Statement) -> sa.Result[Any]:
        """The result of a statement that reads.

        Raises:
            WarehouseUnavailable: As ``read``.
            WarehouseRefused: As ``read``.
        """
        try:
            return _result(*self._api.query(self.sql(statement)))
        except StatementFailed as error:
            raise self._failure(error) from error

    def sent(self, step: Step) -> str:
        return self.sql(step.statement if step.guard is None else step.guard)

    def define(self, label: str, statements: Sequence[Statement]) -> None:
        for start in range(0, len(statements), MAX_STATEMENTS):
            super().define(label, statements[start : start + MAX_STATEMENTS])

    def _copy_refused(
        self, error: str, statement: Mapping[str, Any]
    ) -> WarehouseRefused | WarehouseUnavailable:
        said = _said(error)
        if _CONFLICT.search(said):
            return TransientFailure(str(self), said, "Run again when other sessions have ended.")
        reason = None
        if (number := statement.get("RedshiftQueryId", -1)) > 0:
            try:
                reason = self.load_error(_Statements(self), "query_id", number)
            except (WarehouseRefused, WarehouseUnavailable):
                logger.debug("sys_load_error_detail could not be read", exc_info=True)
        return WarehouseRefused(str(self), with_remedy(said, reason))

    def _failure(self, error: StatementFailed) -> WarehouseRefused | WarehouseUnavailable:
        """What it means that a statement or a batch has failed."""
        description = error.description
        if isinstance(error, StatementTimedOut):
            return WarehouseUnavailable(str(self), "a statement was cancelled", TIMEOUT_REMEDY)
        said = _said(description.get("Error", ""))
        if description["Status"] == "ABORTED":
            problem = f"somebody cancelled the statement {description['Id']}"
            return WarehouseUnavailable(str(self), problem, "Run again.")
        if _CONFLICT.search(said):
            return TransientFailure(str(self), said, "Run again when other sessions have ended.")
        if _REFUSED_SIGN_IN.search(said):
            remedy = "Check the database, and that the role may sign in to it."
            return WarehouseUnavailable(str(self), f"it refused the sign-in: {said}", remedy)
        return WarehouseRefused(str(self), with_remedy(said))


class _Statements:
    """Runs each statement by itself."""

    def __init__(self, warehouse: DataApiWarehouse) -> None:
        self._warehouse = warehouse

    def execute(self, statement: Any, /) -> sa.Result[Any]:
        return self._warehouse.query(statement)


def _result(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> sa.Result[Any]:
    return IteratorResult(SimpleResultMetaData(names), map(tuple, rows))


def _said(error: str) -> str:
    """The sentences of an error, without the internals of Redshift."""
    message, _, detail = error.partition("\n")
    return sentences(message, detail.replace("Detail:", "", 1))
