"""A client of the stand-in for Redshift, which the Data API runs its statements through."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from dataclasses import dataclass, field

from redshift_sandbox import wire
from redshift_sandbox.errors import BackendGone, RedshiftError
from redshift_sandbox.identities import PASSWORD, USER
from redshift_sandbox.wire import Message


@dataclass(frozen=True)
class Column:
    """A column of a result.

    Attributes:
        name: Its name.
        oid: Its type.
        size: What the type adds: length, or precision and scale; -1 for nothing.
    """

    name: str
    oid: int
    size: int


@dataclass
class Answer:
    """The answer to a statement.

    Attributes:
        columns: Of its result; None if it has none.
        rows: Values as texts, None for NULL.
        tag: What it did, such as ``INSERT 0 1``.
    """

    columns: list[Column] | None = None
    rows: list[list[str | None]] = field(default_factory=list)
    tag: str = ""


class Client:
    """One session.

    Attributes:
        key: Identifies the session when its statement is cancelled.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.key = b""

    @classmethod
    async def connect(cls, port: int, database: str) -> Client:
        """Sign in.

        Raises:
            BackendGone: The stand-in has ended the session.
            RedshiftError: It refuses.
        """
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        body = wire.encode_strings("user", USER, "database", database) + b"\0"
        client._writer.write(wire.startup(wire.PROTOCOL_3_0, body))
        try:
            while (message := await client._receive()).kind != b"Z":
                if message.kind == b"E":
                    raise _refusal(message)
                if message.kind == b"K":
                    client.key = message.body
                if message.kind == b"R" and message.body[:4] == struct.pack("!I", 5):
                    client._send(Message(b"p", _md5(message.body[4:]) + b"\0"))
        except BaseException:
            client.close()
            raise
        return client

    async def execute(self, sql: str) -> Answer:
        """Run a statement.

        Raises:
            BackendGone: The stand-in has ended the session.
            RedshiftError: It refuses.
        """
        self._send(wire.query(sql))
        answer, error = Answer(), None
        while (message := await self._receive()).kind != b"Z":
            if message.kind == b"T":
                answer.columns = _columns(message.body)
            elif message.kind == b"D":
                answer.rows.append(wire.data_row(message.body))
            elif message.kind == b"C":
                answer.tag = wire.strings(message.body)[0]
            elif message.kind == b"E":
                error = _refusal(message)
        if error:
            raise error
        return answer

    async def cancel(self, port: int) -> None:
        """Cancel what the session runs."""
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(wire.startup(wire.CANCEL_REQUEST, self.key))
        await writer.drain()
        writer.close()

    def close(self) -> None:
        """End the session at once; an open transaction is rolled back."""
        self._writer.transport.abort()

    def _send(self, message: Message) -> None:
        self._writer.write(message.encode())

    async def _receive(self) -> Message:
        message = await wire.read_message(self._reader)
        if message is None:
            raise BackendGone
        return message


def _refusal(message: Message) -> RedshiftError:
    values = wire.fields(message.body)
    return RedshiftError(values["M"], values["C"], values.get("D", ""))


def _columns(body: bytes) -> list[Column]:
    (count,), at = struct.unpack_from("!H", body), 2
    columns = []
    for _ in range(count):
        end = body.index(b"\0", at)
        _, _, oid, _, size, _ = struct.unpack_from("!IHIhih", body, end + 1)
        columns.append(Column(body[at:end].decode(), oid, size))
        at = end + 19
    return columns


def _md5(salt: bytes) -> bytes:
    inner = hashlib.md5((PASSWORD + USER).encode()).hexdigest()  # noqa: S324
    return b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode()  # noqa: S324
