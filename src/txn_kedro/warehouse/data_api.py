"""Calls of the Redshift Data API: statements are sent by HTTPS, run there, and are asked about."""

from __future__ import annotations

import logging
import time
import uuid
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from txn_kedro import stopping
from txn_kedro.warehouse.errors import TransientFailure, WarehouseRefused, WarehouseUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from txn_kedro.warehouse.redshift_credentials import RedshiftCredentials

logger = logging.getLogger(__name__)

# Limits of the service, from "Considerations when calling the Amazon Redshift Data API" in the
# Redshift Management Guide and from the API reference.
MAX_STATEMENTS = 40
"""Statements that one call of BatchExecuteStatement takes."""
MAX_STATEMENT_BYTES = 100_000
"""Size of one statement."""
MAX_ACTIVE_STATEMENTS = 500
"""Statements of a workgroup that wait or run at the same time."""
REMEMBERED_HOURS = 24
"""How long a statement and its result can be asked for."""
MAX_NAME = 500
"""Length of a statement's name."""

LARGE_RESULT_BYTES = 100_000_000
"""Size of a result that we refuse to fetch: it comes in small pages, one after another."""

_ENDED = {"FINISHED", "FAILED", "ABORTED"}
_ATTEMPTS = 5
# The service allows 30; the read timeout must be longer.
_WAIT_SECONDS = 10
_CANCEL_SECONDS = 3.0
_CANCEL_PAUSE = 0.2

_TRANSIENT = {
    "ActiveStatementsExceededException": (
        f"Run again when fewer than {MAX_ACTIVE_STATEMENTS} statements are active in the workgroup."
    ),
    "ActiveSessionsExceededException": "Run again when other sessions have ended.",
    "ActiveWaitingRequestsExceededException": "Run again.",
    "ThrottlingException": "Run again later, or start fewer loads at the same time.",
    "BatchExecuteStatementException": "Run again; AWS had a failure of its own.",
    "ExecuteStatementException": "Run again; AWS had a failure of its own.",
    "DatabaseConnectionException": "Run again; AWS had a failure of its own.",
    "InternalServerException": "Run again; AWS had a failure of its own.",
    "InternalFailure": "Run again; AWS had a failure of its own.",
    "ServiceUnavailable": "Run again; AWS had a failure of its own.",
    "QueryTimeoutException": "Run again.",
}
_NO_SIGN_IN = (
    "Make sure that the process has valid AWS credentials (aws sts get-caller-identity), for "
    "example by aws sso login."
)
_REMEDIES = {
    "AccessDeniedException": (
        "Let the role call redshift-data:ExecuteStatement and redshift-data:BatchExecuteStatement "
        "on the workgroup, redshift-data:DescribeStatement, GetStatementResult and CancelStatement "
        "on its own statements, and redshift-serverless:GetCredentials."
    ),
    "ExpiredTokenException": _NO_SIGN_IN,
    "InvalidSignatureException": _NO_SIGN_IN,
    "UnrecognizedClientException": _NO_SIGN_IN,
    "ResourceNotFoundException": (
        f"Statements are forgotten after {REMEMBERED_HOURS} hours. If it names the workgroup, "
        "check its name and region."
    ),
    "ValidationException": "Check the workgroup, the database and the region.",
}


class DataApi:
    """The Data API of one database.

    Args:
        credentials: The workgroup, the database and the region.
        connect_timeout: Seconds to wait for a connection.
        statement_timeout: Seconds that a statement may take, waiting for a lock included.
    """

    def __init__(
        self, credentials: RedshiftCredentials, connect_timeout: int, statement_timeout: int
    ) -> None:
        self._credentials = credentials
        self._connect_timeout = connect_timeout
        self._statement_timeout = statement_timeout

    def __str__(self) -> str:
        return str(self._credentials)

    def run(self, label: str, statements: Sequence[str]) -> Mapping[str, Any]:
        """Run statements as one transaction, and wait for its end.

        Args:
            label: What they do, for progress.
            statements: Their texts.

        Returns:
            The description of the batch, as DescribeStatement gives it: it has ended, and may have
            failed.

        Raises:
            StatementTimedOut: A statement took too long; the batch was cancelled.
            Stopped: The run was asked to stop; the batch was cancelled.
            WarehouseRefused: They exceed a limit of the service.
            WarehouseUnavailable: The service could not be used.
        """
        self._check_limits(label, statements)
        answer = self._call(
            "batch_execute_statement",
            Sqls=list(statements),
            StatementName=label[:MAX_NAME],
            # The same for each attempt of botocore, so a repeated call starts nothing.
            ClientToken=str(uuid.uuid4()),
            **self._database,
        )
        return self._end(answer["Id"], label)

    def query(self, statement: str) -> tuple[list[str], list[list[Any]]]:
        """Run one statement that reads.

        Returns:
            The names of the columns, and the rows, with values of the columns' types.

        Raises:
            StatementFailed: The statement failed.
            WarehouseRefused: The result is too large, or the statement.
            WarehouseUnavailable: As ``run``.
        """
        self._check_limits("query", [statement])
        answer = self._call(
            "execute_statement",
            Sql=statement,
            ClientToken=str(uuid.uuid4()),
            WaitTimeSeconds=_WAIT_SECONDS,
            **self._database,
        )
        number = answer["Id"]
        if answer.get("Status") != "FINISHED":
            description = self._end(number, "query")
            if description["Status"] != "FINISHED":
                raise StatementFailed(description)
        return self._result(number)

    def _result(self, number: str) -> tuple[list[str], list[list[Any]]]:
        rows: list[list[Any]] = []
        page: Mapping[str, Any] = {}
        for page in self._pages(number):
            decoders = [_decoder(column["typeName"]) for column in page["ColumnMetadata"]]
            rows += (
                [
                    None if field.get("isNull") else decode(*field.values())
                    for decode, field in zip(decoders, record, strict=True)
                ]
                for record in page["Records"]
            )
        return [column["name"] for column in page["ColumnMetadata"]], rows

    def _pages(self, number: str) -> Iterator[Mapping[str, Any]]:
        page = self._call("get_statement_result", Id=number)
        if page.get("NextToken"):
            size = self._call("describe_statement", Id=number)["ResultSize"]
            if size > LARGE_RESULT_BYTES:
                problem = (
                    f"the result of the query has {size / 1e6:,.0f} MB, and the Data API is made "
                    f"for results up to {LARGE_RESULT_BYTES / 1e6:,.0f} MB. Select fewer rows or "
                    "columns, set transport: driver where there is a route to the warehouse, or "
                    "UNLOAD the rows to S3"
                )
                raise WarehouseRefused(str(self), f"{problem}.")
        yield page
        while token := page.get("NextToken"):
            stopping.check()
            page = self._call("get_statement_result", Id=number, NextToken=token)
            yield page

    def _check_limits(self, label: str, statements: Sequence[str]) -> None:
        if len(statements) > MAX_STATEMENTS:
            problem = (
                f"{label}: {len(statements)} statements must run in one transaction, and the Data "
                f"API takes {MAX_STATEMENTS}. Set transport: driver for this."
            )
            raise WarehouseRefused(str(self), problem)
        size = max(len(statement.encode()) for statement in statements)
        if size > MAX_STATEMENT_BYTES:
            problem = (
                f"{label}: a statement has {size:,} bytes, and the Data API takes "
                f"{MAX_STATEMENT_BYTES:,}. Set transport: driver for this."
            )
            raise WarehouseRefused(str(self), problem)

    def _end(self, number: str, label: str) -> Mapping[str, Any]:
        """The description of a statement once it has ended."""
        watch = _Watch(label, self._statement_timeout)
        cancelling = False
        try:
            with stopping.on_stop(partial(self._cancel, number)):
                while True:
                    description: Mapping[str, Any] = self._call(
                        "describe_statement", Id=number, WaitTimeSeconds=watch.wait
                    )
                    if description["Status"] in _ENDED:
                        break
                    if watch.is_overdue(description):
                        cancelling = True
                        self._cancel(number)
        except BaseException as error:
            if isinstance(error, stopping.Stopped):
                self._log_state(number, label)
            raise
        if description["Status"] == "ABORTED":
            stopping.check()
        if cancelling and description["Status"] != "FINISHED":
            raise StatementTimedOut(description)
        return description

    def _cancel(self, number: str) -> None:
        self._client.cancel_statement(Id=number)

    def _log_state(self, number: str, label: str) -> None:
        """Cancel a statement that may not run yet, and say how it ended."""
        end = time.monotonic() + _CANCEL_SECONDS
        status = "still running"
        while time.monotonic() < end and status not in _ENDED:
            with suppress(Exception):
                status = self._client.describe_statement(Id=number)["Status"]
                if status not in _ENDED:
                    self._cancel(number)
                    time.sleep(_CANCEL_PAUSE)
        if status == "FINISHED":
            logger.warning("%s: it was finished before it could be cancelled", label)
        elif status in _ENDED:
            logger.warning("%s: cancelled, nothing of it was kept", label)
        else:
            logger.warning("%s: may still run; the ledger shows the next run how it ended", label)

    def _call(self, operation: str, **arguments: Any) -> Any:
        """Call the service; botocore repeats a call whose answer is lost, by the same token."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            call = getattr(self._client, operation)
            return call(**arguments)
        except ClientError as error:
            raise self._refused(error) from error
        except BotoCoreError as error:
            raise self._unreachable(error) from error

    def _refused(self, error: Any) -> WarehouseUnavailable:
        code, said = error.response["Error"]["Code"], str(error).rstrip(".")
        if code in _TRANSIENT or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            return TransientFailure(str(self), said, _TRANSIENT.get(code, "Run again."))
        remedy = _REMEDIES.get(code, "Correct what it names, then run again.")
        return WarehouseUnavailable(str(self), said, remedy)

    def _unreachable(self, error: Exception) -> WarehouseUnavailable:
        from botocore.exceptions import ConnectionError, HTTPClientError  # noqa: A004, PLC0415

        said = str(error).rstrip(".")
        if isinstance(error, ConnectionError | HTTPClientError):
            problem = f"the Data API did not answer {_ATTEMPTS} times: {said}"
            return TransientFailure(str(self), problem, "Check the network and the region.")
        return WarehouseUnavailable(str(self), f"sign-in by IAM failed: {said}", _NO_SIGN_IN)

    @property
    def _database(self) -> dict[str, Any]:
        return {
            "WorkgroupName": self._credentials.workgroup,
            "Database": self._credentials.database,
        }

    @cached_property
    def _client(self) -> Any:
        import boto3  # noqa: PLC0415  the embedded warehouse needs no AWS
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            connect_timeout=self._connect_timeout,
            read_timeout=_WAIT_SECONDS + self._connect_timeout,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )
        return boto3.session.Session().client(
            "redshift-data", config=config, **self._credentials.client_arguments
        )


class StatementFailed(Exception):
    """A statement ended without success.

    Attributes:
        description: As DescribeStatement gives it.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        super().__init__(description.get("Error"))
        self.description = description


class StatementTimedOut(StatementFailed):
    """A statement took too long, and was cancelled."""


class _Watch:
    """Watches a batch: logs what runs, and knows when a statement takes too long."""

    def __init__(self, label: str, timeout: int) -> None:
        self._label = label
        self._timeout = timeout
        self._begin = self._since = time.monotonic()
        self._running = -1

    @property
    def wait(self) -> int:
        """Seconds to wait for the end in one call."""
        left = self._timeout - (time.monotonic() - self._since)
        return max(1, min(_WAIT_SECONDS, int(left) + 1))

    def is_overdue(self, description: Mapping[str, Any]) -> bool:
        statements = description.get("SubStatements", [])
        ended = sum(statement["Status"] in _ENDED for statement in statements)
        now = time.monotonic()
        if ended != self._running:
            self._running, self._since = ended, now
        if now - self._since > self._timeout:
            return True
        if now - self._begin > _WAIT_SECONDS:
            text = statements[ended].get("QueryString", "") if ended < len(statements) else ""
            runs = text.split(" ", 1)[0] or "it"
            logger.info("%s: %s runs, for %.0f s so far", self._label, runs, now - self._begin)
        return False


def _decoder(kind: str) -> Callable[[Any], Any]:
    """How a value is decoded that the service sends as JSON."""
    from datetime import date, datetime  # noqa: PLC0415
    from decimal import Decimal  # noqa: PLC0415

    decoders: dict[str, Callable[[Any], Any]] = {
        "date": date.fromisoformat,
        "numeric": Decimal,
        "timestamp": datetime.fromisoformat,
    }
    return decoders.get(kind, lambda value: value)
