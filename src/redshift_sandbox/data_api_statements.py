"""The statements of the Data API: each is run in the background, and is asked about by its id."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from redshift_sandbox.client import Answer, Client
from redshift_sandbox.errors import BackendGone, RedshiftError
from redshift_sandbox.identities import USER, WORKGROUP

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

_MAX_STATEMENTS = 40
_MAX_STATEMENT_BYTES = 100_000
_MAX_ACTIVE = 500
_PAGE_ROWS = 1000
_UNSUPPORTED = ("ClusterIdentifier", "SecretArn", "DbUser", "Parameters")
_ENDED = {"FINISHED", "FAILED", "ABORTED"}
# Names of types by their numbers in PostgreSQL.
_TYPES = {
    16: "bool",
    18: "char",
    19: "name",
    20: "int8",
    21: "int2",
    23: "int4",
    25: "text",
    26: "oid",
    700: "float4",
    701: "float8",
    1042: "bpchar",
    1043: "varchar",
    1082: "date",
    1114: "timestamp",
    1184: "timestamptz",
    1700: "numeric",
}
_INTEGERS = {"int2", "int4", "int8", "oid"}
_FLOATS = {"float4", "float8"}


class DataApiError(Exception):
    """What the service answers in place of a result.

    Attributes:
        kind: Its name in the service's model.
        more: Further members of it.
    """

    def __init__(self, kind: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.more = more


@dataclass
class _Text:
    """One SQL text of a statement, and what became of it."""

    sql: str
    status: str = "SUBMITTED"
    error: str = ""
    answer: Answer | None = None
    rows: int = -1
    query_id: int = -1

    @property
    def is_copy(self) -> bool:
        return self.sql.lstrip()[:5].upper() == "COPY "

    @property
    def has_result(self) -> bool:
        return self.answer is not None and self.answer.columns is not None

    @property
    def size(self) -> int:
        if self.answer is None:
            return -1
        return sum(len(value or "") for row in self.answer.rows for value in row)


@dataclass
class _Statement:
    """What one call has submitted."""

    texts: list[_Text]
    database: str
    is_batch: bool
    is_transaction: bool
    request: str
    session: _Session | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "SUBMITTED"
    error: str = ""
    pid: int = 0
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_cancelled: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, status: str) -> None:
        self.status, self.updated = status, datetime.now(UTC)
        if status in _ENDED:
            self.ended.set()


@dataclass
class _Session:
    """A session that outlives its statement, if that asks for it."""

    client: Client
    database: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    is_busy: bool = True
    expiry: asyncio.TimerHandle | None = None


class Statements:
    """All statements and sessions.

    Args:
        port: Where the stand-in for Redshift listens.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._statements: dict[str, _Statement] = {}
        self._tokens: dict[str, _Statement] = {}
        self._sessions: dict[str, _Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.operations: Mapping[str, Callable[[Any], Awaitable[Mapping[str, Any]]]] = {
            "BatchExecuteStatement": self._batch_execute,
            "CancelStatement": self._cancel,
            "DescribeStatement": self._describe,
            "ExecuteStatement": self._execute,
            "GetStatementResult": self._get_result,
        }

    def expire_sessions(self) -> None:
        """End all sessions that are kept."""
        for session in list(self._sessions.values()):
            self._end_session(session)

    # Operations

    async def _execute(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._submitted([given["Sql"]], given, is_batch=False)

    async def _batch_execute(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._submitted(given["Sqls"], given, is_batch=True)

    async def _submitted(
        self, sqls: Sequence[str], given: Mapping[str, Any], *, is_batch: bool
    ) -> Mapping[str, Any]:
        statement = self._known(given) or self._submit(sqls, given, is_batch=is_batch)
        await _wait(statement, given)
        answer = {
            "Id": statement.id,
            "CreatedAt": statement.created,
            "Database": statement.database,
            "DbUser": USER,
            "WorkgroupName": WORKGROUP,
            "Status": statement.status,
            "HasResultSet": any(text.has_result for text in statement.texts),
        }
        if statement.session:
            answer["SessionId"] = statement.session.id
        return answer

    async def _describe(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        statement, text = self._find(given["Id"])
        await _wait(statement, given)
        shown = statement.texts if text is None else [text]
        result = {
            "Id": given["Id"],
            "CreatedAt": statement.created,
            "UpdatedAt": statement.updated,
            "Database": statement.database,
            "DbUser": USER,
            "WorkgroupName": WORKGROUP,
            "Duration": int(1e9 * (statement.updated - statement.created).total_seconds()),
            "Status": statement.status if text is None else text.status,
            "HasResultSet": any(one.has_result for one in shown),
            "ResultRows": shown[-1].rows,
            "ResultSize": shown[-1].size,
            "RedshiftPid": statement.pid,
            "RedshiftQueryId": shown[-1].query_id,
        }
        if error := statement.error if text is None else text.error:
            result["Error"] = error
        if len(shown) == 1:
            result["QueryString"] = shown[0].sql
        if statement.is_batch and text is None:
            result["SubStatements"] = [
                _described(statement, number, one) for number, one in enumerate(shown, start=1)
            ]
        return result

    async def _get_result(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        statement, text = self._find(given["Id"])
        await _wait(statement, given)
        text = text or statement.texts[-1]
        answer = text.answer
        if statement.status != "FINISHED" or answer is None or answer.columns is None:
            msg = "Query does not have result. Please check query status with DescribeStatement."
            raise DataApiError("ResourceNotFoundException", msg, ResourceId=given["Id"])
        start = int(given.get("NextToken", 0))
        kinds = [_TYPES.get(column.oid, "text") for column in answer.columns]
        result: dict[str, Any] = {
            "ColumnMetadata": [
                {"name": column.name, "label": column.name, "typeName": kind, "nullable": 1}
                for column, kind in zip(answer.columns, kinds, strict=True)
            ],
            "Records": [
                [_field(kind, value) for kind, value in zip(kinds, row, strict=True)]
                for row in answer.rows[start : start + _PAGE_ROWS]
            ],
            "TotalNumRows": len(answer.rows),
        }
        if start + _PAGE_ROWS < len(answer.rows):
            result["NextToken"] = str(start + _PAGE_ROWS)
        return result

    async def _cancel(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        statement, _ = self._find(given["Id"])
        if statement.status != "STARTED" or statement.session is None:
            msg = f"Could not cancel a query that is already in {statement.status} state."
            raise DataApiError("ValidationException", msg)
        statement.is_cancelled = True
        await statement.session.client.cancel(self._port)
        return {"Status": True}

    # Submitting

    def _known(self, given: Mapping[str, Any]) -> _Statement | None:
        """The statement that an earlier call with the same token has submitted."""
        statement = self._tokens.get(given.get("ClientToken", ""))
        if statement and statement.request != _request(given):
            msg = "The client token was used before with other parameters."
            raise DataApiError("ValidationException", msg)
        return statement

    def _submit(
        self, sqls: Sequence[str], given: Mapping[str, Any], *, is_batch: bool
    ) -> _Statement:
        self._check(sqls, given)
        session = self._session(given)
        database = session.database if session else given["Database"]
        statement = _Statement(
            [_Text(sql) for sql in sqls],
            database,
            is_batch,
            is_batch and given.get("ExecutionMode") != "AUTO_COMMIT",
            _request(given),
            session,
        )
        self._statements[statement.id] = statement
        if token := given.get("ClientToken"):
            self._tokens[token] = statement
        task = asyncio.create_task(self._run(statement, given.get("SessionKeepAliveSeconds", 0)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return statement

    def _check(self, sqls: Sequence[str], given: Mapping[str, Any]) -> None:
        if unsupported := [name for name in _UNSUPPORTED if name in given]:
            msg = f"this stand-in for the Data API does not know {', '.join(unsupported)}"
            raise DataApiError("ValidationException", msg)
        if given.get("ResultFormat", "JSON") != "JSON":
            msg = "this stand-in for the Data API does not know results of another format than JSON"
            raise DataApiError("ValidationException", msg)
        if "SessionId" not in given and given.get("WorkgroupName") != WORKGROUP:
            msg = f"Endpoint not found for workgroup {given.get('WorkgroupName')}."
            raise DataApiError("ValidationException", msg)
        if "SessionId" not in given and not given.get("Database"):
            raise DataApiError("ValidationException", "Database must be specified.")
        if len(sqls) > _MAX_STATEMENTS or any(len(s.encode()) > _MAX_STATEMENT_BYTES for s in sqls):
            msg = f"at most {_MAX_STATEMENTS} statements of {_MAX_STATEMENT_BYTES} bytes"
            raise DataApiError("ValidationException", msg)
        if sum(one.status not in _ENDED for one in self._statements.values()) >= _MAX_ACTIVE:
            msg = f"Active statements exceeded the allowed quota ({_MAX_ACTIVE})."
            raise DataApiError("ActiveStatementsExceededException", msg)

    def _session(self, given: Mapping[str, Any]) -> _Session | None:
        if "SessionId" not in given:
            return None
        session = self._sessions.get(given["SessionId"])
        if session is None or session.is_busy:
            msg = "Session is not available."
            raise DataApiError("ValidationException", msg)
        session.is_busy = True
        if session.expiry:
            session.expiry.cancel()
        return session

    # Running

    async def _run(self, statement: _Statement, keep_seconds: int) -> None:
        try:
            if statement.session is None:
                client = await Client.connect(self._port, statement.database)
                statement.session = _Session(client, statement.database)
            statement.set("STARTED")
            client = statement.session.client
            statement.pid = int((await client.execute("SELECT pg_backend_pid()")).rows[0][0] or 0)
            await self._run_texts(statement, client)
            end = "FINISHED"
        except (RedshiftError, BackendGone, OSError) as error:
            statement.error = _worded(error)
            end = "ABORTED" if statement.is_cancelled else "FAILED"
        except BaseException:
            statement.set("FAILED")
            raise
        if session := statement.session:
            self._keep(session, keep_seconds)
        statement.set(end)

    async def _run_texts(self, statement: _Statement, client: Client) -> None:
        try:
            if statement.is_transaction:
                await client.execute("BEGIN")
            for text in statement.texts:
                await self._run_text(text, client)
            if statement.is_transaction:
                await client.execute("COMMIT")
        except RedshiftError as error:
            for text in statement.texts:
                if text.status in {"SUBMITTED", "STARTED"}:
                    text.status = "FAILED" if text.status == "STARTED" else "ABORTED"
                    text.error = _worded(error) if text.status == "FAILED" else ""
            if statement.is_transaction:
                await client.execute("ROLLBACK")
            raise
        finally:
            with suppress(RedshiftError, BackendGone):
                await _note_copies(statement, client)

    async def _run_text(self, text: _Text, client: Client) -> None:
        text.status = "STARTED"
        text.answer = await client.execute(text.sql)
        last = text.answer.tag.split(" ")[-1]
        text.rows = int(last) if last.isdecimal() else -1
        if text.has_result:
            text.rows = len(text.answer.rows)
        if text.is_copy:
            text.rows = int((await client.execute("SELECT pg_last_copy_count()")).rows[0][0] or 0)
        text.status = "FINISHED"

    def _keep(self, session: _Session, seconds: int) -> None:
        session.is_busy = False
        if seconds:
            self._sessions[session.id] = session
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(seconds, self._end_session, session)
        elif session.id not in self._sessions:
            session.client.close()

    def _end_session(self, session: _Session) -> None:
        self._sessions.pop(session.id, None)
        session.client.close()

    def _find(self, number: str) -> tuple[_Statement, _Text | None]:
        """A statement, and its text if the number has a suffix such as ``:2``."""
        identifier, _, suffix = number.partition(":")
        statement = self._statements.get(identifier)
        if statement is None or (suffix and not 0 < int(suffix) <= len(statement.texts)):
            msg = "Query does not exist."
            raise DataApiError("ResourceNotFoundException", msg, ResourceId=number)
        return statement, statement.texts[int(suffix) - 1] if suffix else None


async def _wait(statement: _Statement, given: Mapping[str, Any]) -> None:
    if seconds := given.get("WaitTimeSeconds"):
        with suppress(TimeoutError):
            await asyncio.wait_for(statement.ended.wait(), seconds)


async def _note_copies(statement: _Statement, client: Client) -> None:
    """Note under which ids the history of loads has the COPY commands."""
    copies = [text for text in statement.texts if text.is_copy and text.status != "ABORTED"]
    if copies:
        rows = (
            await client.execute(
                f"SELECT query_id FROM sys_load_history WHERE session_id = {statement.pid} "  # noqa: S608
                f"ORDER BY query_id DESC LIMIT {len(copies)}"
            )
        ).rows
        for text, row in zip(copies, reversed(rows), strict=False):
            text.query_id = int(row[0] or -1)


def _request(given: Mapping[str, Any]) -> str:
    return json.dumps({**given, "WaitTimeSeconds": None}, sort_keys=True)


def _worded(error: Exception) -> str:
    if isinstance(error, RedshiftError):
        detail = f"\n  Detail: {error.detail}" if error.detail else ""
        return f"ERROR: {error.message}{detail}"
    return "ERROR: connection to the database was lost"


def _described(statement: _Statement, number: int, text: _Text) -> dict[str, Any]:
    described = {
        "Id": f"{statement.id}:{number}",
        "CreatedAt": statement.created,
        "UpdatedAt": statement.updated,
        "QueryString": text.sql,
        "Status": text.status,
        "HasResultSet": text.has_result,
        "ResultRows": text.rows,
        "ResultSize": text.size,
        "RedshiftQueryId": text.query_id,
    }
    return {**described, **({"Error": text.error} if text.error else {})}


def _field(kind: str, value: str | None) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if kind == "bool":
        return {"booleanValue": value == "t"}
    if kind in _INTEGERS:
        return {"longValue": int(value)}
    if kind in _FLOATS:
        return {"doubleValue": float(value)}
    return {"stringValue": value}
