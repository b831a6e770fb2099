"""A client's session: logs it in, and handles one of its messages at a time.

Statements that PostgreSQL runs like Redshift are passed on; the others are rewritten,
done here, or refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import secrets
import struct
from typing import TYPE_CHECKING

from redshift_sandbox import wire
from redshift_sandbox.backend import Backend
from redshift_sandbox.catalog import SESSION
from redshift_sandbox.errors import RedshiftError, translated
from redshift_sandbox.identities import PASSWORD, USER
from redshift_sandbox.load import Load
from redshift_sandbox.statements import Instruction, read
from redshift_sandbox.wire import Message

if TYPE_CHECKING:
    from redshift_sandbox.copy_command import CopyCommand
    from redshift_sandbox.load import Addresses

# Settings of the client that PostgreSQL accepts; redshift_connector sends more.
_PARAMETERS = {
    *("user", "database", "client_encoding", "application_name", "DateStyle", "TimeZone"),
    "extra_float_digits",
}
# What ends the answer to each message of the extended protocol.
_ENDS = {b"P": b"1", b"B": b"2", b"C": b"3", b"D": b"Tn", b"E": b"CsI"}
# Flush, since all is flushed; what belongs to a COPY from the client, which has failed by then.
_PASSED_OVER = b"Hdcf"
_NO_STATEMENT = Instruction("")
_QUERY_IDS = itertools.count(1000)


class _Failed(Exception):
    """PostgreSQL has answered with an error, and the client knows."""


class Session:
    """One connection of a client.

    Args:
        reader: The client's messages.
        writer: Sends messages to the client.
        addresses: Where the parts of the stand-in are.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, addresses: Addresses
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._addresses = addresses
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(maxsize=16)
        self._client_gone = asyncio.Event()
        self._prepared: dict[bytes, Instruction] = {}
        self._portals: dict[bytes, Instruction] = {}
        self._database = ""
        self._backend: Backend

    async def run(self) -> None:
        """Serve the client until it leaves."""
        parameters = await self._startup()
        if parameters is None:
            return
        await self._log_in(parameters)
        pump = asyncio.create_task(self._pump())
        try:
            while (message := await self._messages.get()) and message.kind != b"X":
                await self._handle(message)
        finally:
            pump.cancel()
            self._backend.close()

    # Logging in

    async def _startup(self) -> dict[str, str] | None:
        code, body = await wire.read_startup(self._reader)
        while code in {wire.TLS_REQUEST, wire.GSS_REQUEST}:
            if code == wire.TLS_REQUEST:
                self._writer.write(b"S")
                await self._writer.start_tls(self._addresses.tls)
            else:
                self._writer.write(b"N")
            code, body = await wire.read_startup(self._reader)
        if code == wire.CANCEL_REQUEST:
            await Backend.cancel(self._addresses.postgres_socket, body)
            return None
        if code != wire.PROTOCOL_3_0:
            raise RedshiftError("only version 3.0 of the protocol is supported", "08P01")
        texts = wire.strings(body)
        return dict(zip(texts[::2], texts[1::2], strict=False))

    async def _log_in(self, given: dict[str, str]) -> None:
        user = given.get("user", "")
        self._database = given.get("database", user)
        salt = secrets.token_bytes(4)
        await self._send(Message(b"R", struct.pack("!I", 5) + salt))
        answer = await wire.read_message(self._reader)
        if answer is None or user != USER or answer.body[:-1] != _md5(salt):
            raise RedshiftError(f'password authentication failed for user "{user}"', "28000")
        parameters = {name: value for name, value in given.items() if name in _PARAMETERS}
        parameters["database"] = self._database
        self._backend = await Backend.connect(self._addresses.postgres_socket, parameters)
        await self._backend.execute(SESSION)
        version = Message(b"S", wire.encode_strings("server_version", "8.0.2"))
        greeting = [
            version if message.body.startswith(b"server_version\0") else message
            for message in self._backend.greeting
        ]
        await self._send(Message(b"R", struct.pack("!I", 0)), *greeting, wire.ready(b"I"))

    # Messages

    async def _pump(self) -> None:
        while message := await wire.read_message(self._reader):
            await self._messages.put(message)
        self._client_gone.set()
        await self._messages.put(None)

    async def _send(self, *messages: Message) -> None:
        self._writer.write(b"".join(message.encode() for message in messages))
        await self._writer.drain()

    async def _handle(self, message: Message) -> None:
        if message.kind == b"Q":
            await self._simple_query(message.body[:-1].decode())
        elif message.kind == b"S":
            await self._backend.send(message)
            await self._send(await self._relay(b"Z"))
        elif message.kind in _ENDS:
            await self._extended_query(message)
        elif message.kind not in _PASSED_OVER:
            raise RedshiftError(f"messages of kind {message.kind!r} are not supported", "08P01")

    async def _relay(self, ends: bytes) -> Message:
        """Hand on what PostgreSQL answers until a message of certain kinds, which is returned.

        Raises:
            _Failed: PostgreSQL has answered with an error, which was handed on.
        """
        while (message := await self._backend.receive()).kind not in ends:
            if message.kind == b"E":
                await self._send(translated(message, self._backend.pid))
                raise _Failed
            await self._send(message)
        return message

    async def _refuse(self, error: RedshiftError) -> None:
        """Answer with an error that PostgreSQL knows nothing of."""
        if self._backend.status == b"T":
            await self._backend.fail()
        await self._send(error.encode())

    # Simple queries

    async def _simple_query(self, sql: str) -> None:
        try:
            await self._in_one_transaction(read(sql))
        except RedshiftError as error:
            await self._refuse(error)
        except _Failed:
            pass  # The client knows.
        await self._send(wire.ready(self._backend.status))

    async def _in_one_transaction(self, statements: list[Instruction]) -> None:
        """Run the statements of one query; they succeed or fail together."""
        implicit = False
        if not statements:
            await self._send(Message(b"I"))
        for statement in statements:
            if len(statements) > 1 and not statement.control and self._backend.status == b"I":
                await self._backend.execute("BEGIN")
                implicit = True
            try:
                await self._run(statement)
            except (RedshiftError, _Failed):
                if implicit:
                    await self._backend.execute("ROLLBACK")
                raise
            implicit = implicit and not statement.control
        if implicit and self._backend.status == b"T":
            await self._backend.execute("COMMIT")

    async def _run(self, statement: Instruction) -> None:
        self._check_place(statement)
        if statement.copy:
            await self._send(*await self._load(statement.copy))
            return
        if statement.before:
            await self._backend.execute(statement.before)
        await self._backend.send(wire.query(await self._understood(statement)))
        try:
            completed = await self._relay(b"C")
            await self._relay(b"Z")
        except _Failed:
            await self._backend.until_ready()
            raise
        if statement.after:
            await self._backend.execute(statement.after)
        if statement.then:
            await self._backend.execute(statement.then)
        await self._send(_tagged(statement, completed))

    async def _understood(self, statement: Instruction) -> str:
        """The SQL of a statement that PostgreSQL finds all columns for, if there is any."""
        if statement.otherwise and await self._backend.lacks_column(statement.sql):
            return statement.otherwise
        return statement.sql

    # Queries of the extended protocol

    async def _extended_query(self, message: Message) -> None:
        try:
            await self._extended(message)
        except _Failed:
            await self._pass_over_until_sync()
        except RedshiftError as error:
            await self._refuse(error)
            await self._pass_over_until_sync()

    async def _extended(self, message: Message) -> None:
        statement = None
        if message.kind == b"P":
            message = await self._parse(message.body)
        elif message.kind == b"B":
            portal, name, _ = message.body.split(b"\0", 2)
            prepared = self._portals[portal] = self._prepared.get(name, _NO_STATEMENT)
            if prepared.before:
                await self._in_same_pipeline(prepared.before)
        elif message.kind == b"E":
            statement = self._portals.get(message.body.split(b"\0", 1)[0], _NO_STATEMENT)
            self._check_place(statement)
            if statement.copy:
                await self._send(*await self._load(statement.copy))
                return
        await self._backend.send(message, wire.FLUSH)
        completed = await self._relay(_ENDS[message.kind])
        if statement and statement.after:
            await self._in_same_pipeline(statement.after)
        if statement and statement.then:
            await self._backend.execute(statement.then)
        await self._send(_tagged(statement, completed) if statement else completed)

    async def _in_same_pipeline(self, sql: str) -> None:
        """Run SQL of our own between messages of the client, in their transaction.

        Raises:
            _Failed: PostgreSQL has answered with an error, which was handed on.
        """
        await self._backend.send(*wire.extended_query(sql), wire.FLUSH)
        closed = 0
        while closed < 2:
            message = await self._backend.receive()
            if message.kind == b"E":
                await self._send(translated(message, self._backend.pid))
                raise _Failed
            closed += message.kind == b"3"

    async def _parse(self, body: bytes) -> Message:
        name, sql, parameters = body.split(b"\0", 2)
        statements = read(sql.decode())
        self._prepared[name] = statements[0] if len(statements) == 1 else _NO_STATEMENT
        # PostgreSQL refuses several.
        understood = "; ".join([await self._understood(statement) for statement in statements])
        return Message(b"P", b"\0".join([name, understood.encode(), parameters]))

    async def _pass_over_until_sync(self) -> None:
        while (message := await self._messages.get()) and message.kind not in b"SX":
            pass
        # The end of the connection is found again.
        await (self._handle(message) if message else self._messages.put(None))

    # Statements that are run here

    def _check_place(self, statement: Instruction) -> None:
        name = statement.outside_transactions
        if name and self._backend.status != b"I":
            raise RedshiftError(f"{name} cannot run inside a transaction block", "25001")

    async def _load(self, command: CopyCommand) -> list[Message]:
        """Load, but only for as long as the client waits: it may hold locks."""
        load = Load(command, self._backend, self._database, self._addresses, next(_QUERY_IDS))
        loading = asyncio.create_task(load.run())
        gone = asyncio.create_task(self._client_gone.wait())
        try:
            await asyncio.wait([loading, gone], return_when=asyncio.FIRST_COMPLETED)
            if not loading.done():
                raise ConnectionResetError
            return await loading
        finally:
            gone.cancel()
            loading.cancel()


def _tagged(statement: Instruction, completed: Message) -> Message:
    is_tag = statement.tag and completed.kind == b"C"
    return wire.command_complete(statement.tag) if statement.tag and is_tag else completed


def _md5(salt: bytes) -> bytes:
    inner = hashlib.md5((PASSWORD + USER).encode()).hexdigest()  # noqa: S324
    return b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode()  # noqa: S324
