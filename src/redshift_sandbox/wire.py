"""Messages of PostgreSQL's wire protocol, version 3."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROTOCOL_3_0 = 196608
CANCEL_REQUEST = 80877102
TLS_REQUEST = 80877103
GSS_REQUEST = 80877104

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        kind: Its letter, as one byte.
        body: What follows the length.
    """

    kind: bytes
    body: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the wire."""
        return self.kind + struct.pack("!I", len(self.body) + 4) + self.body


FLUSH = Message(b"H")
COPY_DONE = Message(b"c")


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """The next message, or None at the end of the connection."""
    try:
        header = await reader.readexactly(5)
        return Message(header[:1], await reader.readexactly(struct.unpack("!I", header[1:])[0] - 4))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def read_startup(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The code and the rest of a start-up packet, which has no letter."""
    size, code = struct.unpack("!II", await reader.readexactly(8))
    return code, await reader.readexactly(size - 8)


def startup(code: int, body: bytes) -> bytes:
    """A start-up packet."""
    return struct.pack("!II", len(body) + 8, code) + body


def strings(body: bytes) -> list[str]:
    """The zero-terminated strings of a body."""
    return [text.decode() for text in body.split(b"\0")]


def encode_strings(*texts: str) -> bytes:
    """Zero-terminated strings."""
    return b"".join(text.encode() + b"\0" for text in texts)


def query(sql: str) -> Message:
    """A simple query."""
    return Message(b"Q", encode_strings(sql))


def extended_query(sql: str) -> list[Message]:
    """A query of the extended protocol, answered with two CloseComplete unless it fails."""
    name = "txn_sandbox"
    return [
        # One that has failed left its statement.
        Message(b"C", b"S" + encode_strings(name)),
        Message(b"P", encode_strings(name, sql) + b"\0\0"),
        Message(b"B", encode_strings(name, name) + b"\0" * 6),
        Message(b"E", encode_strings(name) + b"\0" * 4),
        Message(b"C", b"P" + encode_strings(name)),
    ]


def command_complete(tag: str) -> Message:
    """The end of a statement that succeeded."""
    return Message(b"C", encode_strings(tag))


def ready(status: bytes) -> Message:
    """Ready for the next query: idle, in a transaction, or in a failed one."""
    return Message(b"Z", status)


def fields(body: bytes) -> dict[str, str]:
    """The fields of an error or a notice, by their letters."""
    return {text[0]: text[1:] for text in strings(body) if text}


def encode_fields(values: Mapping[str, str]) -> bytes:
    """The body of an error or a notice."""
    return encode_strings(*(letter + text for letter, text in values.items())) + b"\0"


def data_row(body: bytes) -> list[str | None]:
    """The values of a row in text format."""
    (count,), at = struct.unpack_from("!H", body), 2
    values: list[str | None] = []
    for _ in range(count):
        (size,), at = struct.unpack_from("!i", body, at), at + 4
        values.append(None if size < 0 else body[at : at + size].decode())
        at += max(size, 0)
    return values


def copy_data(content: bytes | memoryview) -> Iterator[bytes]:
    """Encoded CopyData messages, small enough to wait between them."""
    for at in range(0, len(content), _CHUNK):
        yield Message(b"d", bytes(content[at : at + _CHUNK])).encode()
