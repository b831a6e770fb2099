"""A session on the PostgreSQL behind the stand-in."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from redshift_sandbox import wire
from redshift_sandbox.errors import BackendError, BackendGone
from redshift_sandbox.wire import Message

if TYPE_CHECKING:
    from collections.abc import Mapping


SUPERUSER = "postgres"
_UNDEFINED_COLUMN = "42703"
# PostgreSQL ends the session, has crashed, or takes no new one.
_SHUTDOWN = {"57P01", "57P02", "57P03"}


class Backend:
    """One connection.

    Attributes:
        greeting: What PostgreSQL said once it was connected.
        pid: Process of the session.
        status: Of its transaction: idle (I), in one (T), in a failed one (E).
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.greeting: list[Message] = []
        self.pid = 0
        self.status = b"I"

    @classmethod
    async def connect(cls, socket: str, parameters: Mapping[str, str]) -> Backend:
        """Begin a session.

        Args:
            socket: Path of PostgreSQL's socket.
            parameters: Of the start-up, with ``user`` and ``database``.

        Raises:
            BackendError: PostgreSQL refuses.
            BackendGone: There is no PostgreSQL.
        """
        try:
            backend = cls(*await asyncio.open_unix_connection(socket))
        except OSError as error:
            raise BackendGone from error
        pairs = [text for pair in parameters.items() for text in pair]
        body = wire.encode_strings(*pairs) + b"\0"
        backend._writer.write(wire.startup(wire.PROTOCOL_3_0, body))
        try:
            while (message := await backend.receive()).kind != b"Z":
                if message.kind == b"E":
                    raise BackendError.of(message.body, 0)
                if message.kind == b"K":
                    backend.pid = struct.unpack("!I", message.body[:4])[0]
                if message.kind in b"SK":
                    backend.greeting.append(message)
        except BaseException:
            backend.close()
            raise
        return backend

    @staticmethod
    async def cancel(socket: str, body: bytes) -> None:
        """Pass on a request to cancel what a session runs."""
        _, writer = await asyncio.open_unix_connection(socket)
        writer.write(wire.startup(wire.CANCEL_REQUEST, body))
        await writer.drain()
        writer.close()

    async def send(self, *messages: Message) -> None:
        """Send messages."""
        await self.send_bytes(b"".join(message.encode() for message in messages))

    async def send_bytes(self, content: bytes) -> None:
        """Send encoded messages, as fast as PostgreSQL takes them.

        Raises:
            BackendGone: PostgreSQL has ended the session.
        """
        self._writer.write(content)
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise BackendGone from error

    async def receive(self) -> Message:
        """The next message.

        Raises:
            BackendGone: PostgreSQL has ended the session.
        """
        message = await wire.read_message(self._reader)
        if message is None:
            raise BackendGone
        if message.kind == b"E" and wire.fields(message.body)["C"] in _SHUTDOWN:
            raise BackendGone
        if message.kind == b"Z":
            self.status = message.body
        return message

    async def execute(self, sql: str) -> list[list[str | None]]:
        """Run SQL of our own and hand back its rows.

        Raises:
            BackendError: PostgreSQL refuses.
        """
        await self.send(wire.query(sql))
        return await self.results()

    async def results(self) -> list[list[str | None]]:
        """The rows of a simple query that was sent.

        Raises:
            BackendError: PostgreSQL refuses.
        """
        rows, error = [], None
        while (message := await self.receive()).kind != b"Z":
            if message.kind == b"D":
                rows.append(wire.data_row(message.body))
            if message.kind == b"E":
                error = BackendError.of(message.body, self.pid)
        if error:
            raise error
        return rows

    async def lacks_column(self, sql: str) -> bool:
        """Whether PostgreSQL finds no column of some name in a statement, which is not run."""
        in_transaction = self.status == b"T"
        if in_transaction:
            await self.execute("SAVEPOINT txn_sandbox_parse")
        body = wire.encode_strings("", sql) + struct.pack("!H", 0)
        await self.send(Message(b"P", body), Message(b"S"))
        try:
            await self.results()
        except BackendError as error:
            # Other errors are found again when the statement runs.
            return error.sqlstate == _UNDEFINED_COLUMN
        else:
            return False
        finally:
            if in_transaction:
                await self.execute("ROLLBACK TO txn_sandbox_parse; RELEASE txn_sandbox_parse")

    async def begin_copy(self, sql: str) -> None:
        """Begin a COPY from standard input.

        Raises:
            BackendError: PostgreSQL refuses.
        """
        await self.send(wire.query(sql))
        message = await self.receive()
        if message.kind == b"E":
            error = BackendError.of(message.body, self.pid)
            await self.results()
            raise error

    async def fail(self) -> None:
        """Make the transaction fail, as a statement does that PostgreSQL cannot read."""
        await self.send(wire.query("refused"))
        await self.until_ready()

    async def until_ready(self) -> None:
        """Pass over all messages until the session is ready for a query."""
        while (await self.receive()).kind != b"Z":
            pass

    async def leave(self) -> None:
        """End the session, and wait until PostgreSQL has."""
        await self.send(Message(b"X"))
        await self._reader.read()
        self._writer.close()

    def close(self) -> None:
        """End the session at once; an open transaction is rolled back."""
        self._writer.transport.abort()


def literal(text: str) -> str:
    """A string as SQL of ours writes it."""
    doubled = text.replace("'", "''").replace("\\", "\\\\")
    return f"E'{doubled}'"
