"""Runs a COPY within the session that asks for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_sandbox import wire
from redshift_sandbox.backend import SUPERUSER, Backend, literal
from redshift_sandbox.catalog import set_last_copy_count
from redshift_sandbox.errors import LoadError, RedshiftError
from redshift_sandbox.files import Files
from redshift_sandbox.identities import ROLE_KEYS
from redshift_sandbox.parquet_types import TargetColumn
from redshift_sandbox.wire import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from ssl import SSLContext

    from redshift_sandbox.copy_command import CopyCommand
# Those who read the history must not conflict with us, who write it.
_UNSEEN = "-c default_transaction_isolation=read\\ committed"


@dataclass(frozen=True)
class Addresses:
    """Where the parts of the stand-in are.

    Attributes:
        postgres_socket: Path of PostgreSQL's socket.
        s3_endpoint: URL of S3.
        failure: Hands back why the servers of both have ended, or None while they run.
        tls: The certificate that clients are shown.
    """

    postgres_socket: str
    s3_endpoint: str
    failure: Callable[[], str | None]
    tls: SSLContext


@dataclass(frozen=True)
class _Target:
    """A table that is loaded, as the session sees it."""

    oid: int
    transaction: int
    started: str
    columns: Sequence[TargetColumn]


class Load:
    """A COPY.

    Args:
        command: The COPY command.
        backend: The session, whose transaction the rows become part of.
        database: Its database.
        addresses: Where all is.
        query_id: Its id in the history of loads.
    """

    def __init__(
        self,
        command: CopyCommand,
        backend: Backend,
        database: str,
        addresses: Addresses,
        query_id: int,
    ) -> None:
        self._command = command
        self._backend = backend
        self._database = database
        self._addresses = addresses
        self._query_id = query_id

    async def run(self) -> list[Message]:
        """Load the files.

        Returns:
            The messages to the client.

        Raises:
            RedshiftError: Nothing was loaded; if there is a transaction, it has failed.
        """
        await self._backend.execute(set_last_copy_count(0))
        target = await self._target()
        files = None
        try:
            self._check_role()
            columns = self._columns(target)
            files = await asyncio.to_thread(
                Files, self._command, columns, self._addresses.s3_endpoint
            )
            await self._stream(files)
        except RedshiftError as error:
            await self._record(target, files, error)
            raise
        await self._backend.execute(set_last_copy_count(files.rows))
        await self._record(target, files, None)
        return [_notice(self._command.table, files.rows), wire.command_complete("COPY")]

    def _check_role(self) -> None:
        if self._command.role and self._command.role not in ROLE_KEYS:
            msg = f"Not authorized to get credentials of role {self._command.role}"
            raise LoadError(msg, "not authorized to assume the role", code=30000)

    async def _target(self) -> _Target:
        table = literal(self._command.table)
        rows = await self._backend.execute(
            "SELECT to_regclass(name)::oid::bigint, txid_current(), clock_timestamp() AT TIME ZONE"  # noqa: S608
            " 'UTC', attname, format_type(atttypid, atttypmod), attnotnull, attidentity <> '' "
            f"FROM (VALUES ({table})) AS named (name) LEFT JOIN pg_attribute "
            "ON attrelid = to_regclass(name) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        oid, transaction, started = rows[0][:3]
        columns = [
            TargetColumn(str(name), str(kind), not_null == "t", identity == "t")
            for *_, name, kind, not_null, identity in rows
            if name is not None
        ]
        return _Target(int(oid or 0), int(transaction or 0), str(started), columns)

    def _columns(self, target: _Target) -> list[TargetColumn]:
        if not target.columns:
            raise RedshiftError(
                f"Cannot COPY into nonexistent table {self._command.table}", "42P01"
            )
        by_name = {column.name: column for column in target.columns}
        names = self._command.columns or tuple(by_name)
        for name in names:
            if name not in by_name:
                msg = f'column "{name}" of relation "{self._command.table}" does not exist'
                raise RedshiftError(msg, "42703")
            if by_name[name].identity and not self._command.explicit_ids:
                msg = f'cannot set the identity column "{name}" to a value without EXPLICIT_IDS'
                raise RedshiftError(msg)
        return [by_name[name] for name in names]

    async def _stream(self, files: Files) -> None:
        names = ", ".join(f'"{column.name}"' for column in files.columns)
        # Refuses a bad file, or a name that is not a table, before any row is sent.
        chunks = files.as_csv()
        chunk = await asyncio.to_thread(next, chunks, None)
        await self._backend.begin_copy(
            f"COPY {self._command.table} ({names}) FROM STDIN (FORMAT csv)"
        )
        outcome = asyncio.create_task(self._backend.results())
        try:
            await self._send(chunk, chunks, outcome)
            await self._backend.send(wire.COPY_DONE)
            await outcome
        except LoadError:
            await self._backend.send(Message(b"f", wire.encode_strings("the load has failed")))
            await asyncio.wait([outcome])
            outcome.exception()
            raise
        finally:
            outcome.cancel()

    async def _send(
        self, chunk: bytes | None, chunks: Iterator[bytes], outcome: asyncio.Task[object]
    ) -> None:
        while chunk is not None and not outcome.done():
            following = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            try:
                for message in wire.copy_data(chunk):
                    await self._backend.send_bytes(message)
            finally:
                await asyncio.wait([following])
            chunk = following.result()

    async def _record(
        self, target: _Target, files: Files | None, error: RedshiftError | None
    ) -> None:
        """Note in the history how it went, for good whatever becomes of the transaction."""
        parameters = {"user": SUPERUSER, "database": self._database, "options": _UNSEEN}
        admin = await Backend.connect(self._addresses.postgres_socket, parameters)
        try:
            await admin.execute("; ".join(self._history(target, files, error)))
        finally:
            admin.close()

    def _history(
        self, target: _Target, files: Files | None, error: RedshiftError | None
    ) -> Iterator[str]:
        ids = f"{self._query_id}, {target.transaction}, {self._backend.pid}"
        started = f"{literal(target.started)}::timestamp"
        now = "clock_timestamp() AT TIME ZONE 'UTC'"
        status = literal("failed" if error else "completed")
        rows, count, size = (
            (files.rows, files.scanned_files, files.scanned_bytes) if files else (0, 0, 0)
        )
        loaded_rows, loaded_bytes = (0, 0) if error else (rows, size)
        yield (
            "INSERT INTO sys_load_history (query_id, transaction_id, session_id, status, "  # noqa: S608
            "table_name, start_time, end_time, duration, data_source, file_format, loaded_rows, "
            "loaded_bytes, source_file_count, source_file_bytes, file_count_scanned, "
            f"file_bytes_scanned, error_count) VALUES ({ids}, {status}, "
            f"{literal(self._command.table)}, {started}, {now}, "
            f"extract(epoch FROM {now} - {started}) * 1000000, {literal(self._command.source)}, "
            f"{literal(self._command.format)}, {loaded_rows}, {loaded_bytes}, {count}, {size}, "
            f"{count}, {size}, {1 if error else 0})"
        )
        if error:
            load_error = error if isinstance(error, LoadError) else None
            column, file = (load_error.column, load_error.file) if load_error else ("", "")
            message = f"{error.message}: {load_error.context}" if load_error else error.message
            yield (
                "INSERT INTO sys_load_error_detail (query_id, transaction_id, session_id, "  # noqa: S608
                "table_id, start_time, file_name, column_name, error_code, error_message) VALUES "
                f"({ids}, {target.oid}, {started}, {literal(file)}, {literal(column)}, "
                f"{error.error_code}, {literal(message)})"
            )


def _notice(table: str, rows: int) -> Message:
    text = f"Load into table '{table}' completed, {rows} record(s) loaded successfully."
    return Message(b"N", wire.encode_fields({"S": "INFO", "C": "00000", "M": text}))
