"""Errors as Redshift words them."""

from __future__ import annotations

import re

from redshift_sandbox.wire import Message, encode_fields, fields

_VARCHAR_CHECK = re.compile(r"(varchar|char)_bytes_\d+_(\d+)")
# Syntax, functions, types and settings.
_UNKNOWN = {"42601": "this syntax", "42883": "it", "42704": "it"}
_SYSTEM_TABLE = re.compile(r"\"(?:pg_catalog\.)?(pg|stl|stv|svl|svv|svcs|sys)_")
_TYPE_NAMES = {"varchar": "character varying", "char": "character"}


class RedshiftError(Exception):
    """What Redshift would answer in place of a result.

    Attributes:
        message: Its first line.
        sqlstate: Its SQLSTATE.
        detail: What it adds, or "".
    """

    def __init__(self, message: str, sqlstate: str = "0A000", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail

    @property
    def error_code(self) -> int:
        """What the history of loads lists it under."""
        return 8001

    def encode(self, severity: str = "ERROR") -> Message:
        """The error on the wire."""
        values = {"S": severity, "V": severity, "C": self.sqlstate, "M": self.message}
        return Message(b"E", encode_fields(values | ({"D": self.detail} if self.detail else {})))


class LoadError(RedshiftError):
    """COPY cannot load; Redshift calls this an internal error.

    Attributes:
        code: Redshift's number for it.
        file: The file that it met it in, or "".
        column: The column, or "".
    """

    def __init__(
        self, message: str, context: str, *, code: int = 8001, file: str = "", column: str = ""
    ) -> None:
        rule = "-" * 47
        detail = (
            f"\n  {rule}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n"
            f"  query:     0\n  location:  redshift_sandbox\n  process:   padbmaster [pid=0]\n"
            f"  {rule}\n"
        )
        super().__init__(message, "XX000", detail)
        self.context = context
        self.code = code
        self.file = file
        self.column = column

    @property
    def error_code(self) -> int:
        return self.code


class BackendError(RedshiftError):
    """What PostgreSQL answered, in Redshift's words."""

    @classmethod
    def of(cls, body: bytes, pid: int) -> BackendError:
        """Read an ErrorResponse.

        Args:
            body: Of the message.
            pid: Process of the session.
        """
        values = fields(body)
        message, sqlstate, detail = values["M"], values["C"], values.get("D", "")
        if sqlstate == "40001":
            return cls("1023", "XX000", _cycle(pid))
        too_long = _VARCHAR_CHECK.fullmatch(values.get("n", ""))
        if sqlstate == "23514" and too_long:
            name, size = too_long.groups()
            return cls(f"value too long for type {_TYPE_NAMES[name]}({size})", "22001")
        return cls(_known_only_to_redshift(message, sqlstate), sqlstate, detail)


def _known_only_to_redshift(message: str, sqlstate: str) -> str:
    """The message, with a word on what Redshift may know and PostgreSQL does not."""
    system_table = sqlstate == "42P01" and _SYSTEM_TABLE.search(message)
    if sqlstate not in _UNKNOWN and not system_table:
        return message
    return f"{message}: this stand-in for Redshift does not know {_UNKNOWN.get(sqlstate, 'it')}"


class BackendGone(Exception):
    """PostgreSQL has ended the session, or cannot be reached."""


def translated(message: Message, pid: int) -> Message:
    """An ErrorResponse of PostgreSQL with Redshift's SQLSTATE and words, all else kept.

    Args:
        message: The response.
        pid: Process of the session.
    """
    values = fields(message.body)
    error = BackendError.of(message.body, pid)
    if error.message == values["M"]:
        return message
    kept = {letter: values[letter] for letter in "SV" if letter in values}
    return Message(b"E", encode_fields({**kept, **fields(error.encode().body)}))


def _cycle(pid: int) -> str:
    # PostgreSQL does not name the table.
    return (
        "Serializable isolation violation on table - 0, transactions forming the cycle are: "
        f"0, 0 (pid:{pid})"
    )
