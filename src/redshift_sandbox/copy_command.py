"""Redshift's COPY: what it may say for Parquet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.identities import COPY_ROLE
from redshift_sandbox.tokens import Reader, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_sandbox.tokens import Token

_ROLE = re.compile(r"aws_iam_role=(.+)")
_OTHER_FORMATS = {"CSV", "JSON", "AVRO", "ORC", "FIXEDWIDTH", "SHAPEFILE"}
_SWITCHES: dict[str, tuple[str, object]] = {
    "PARQUET": ("format", "parquet"),
    "MANIFEST": ("manifest", True),
    "FILLRECORD": ("fill_record", True),
    "EXPLICIT_IDS": ("explicit_ids", True),
}


@dataclass(frozen=True)
class CopyCommand:
    """A COPY of Parquet from S3.

    Attributes:
        table: Its name as SQL writes it.
        columns: Those listed, or None for all.
        source: URL of the manifest, or what the URLs of the files begin with.
        role: Whose rights on S3 are used.
        manifest: Whether ``source`` is a manifest.
        replacement: What stands in for bytes that are no UTF-8, or None if they are an error.
        explicit_ids: Whether identity columns are taken from the files.
        fill_record: Whether columns that a file lacks at its end are NULL.
    """

    table: str
    columns: tuple[str, ...] | None
    source: str
    role: str
    manifest: bool = False
    replacement: str | None = None
    explicit_ids: bool = False
    fill_record: bool = False


def parse_copy(tokens: Sequence[Token]) -> CopyCommand:
    """Read a COPY.

    Args:
        tokens: Of the statement.

    Raises:
        RedshiftError: It says what COPY of Parquet does not take.
    """
    reader = Reader(tokens[1:])
    table = text(reader.qualified_name())
    columns = tuple(reader.identifiers()) if reader.rest and reader.rest[0].word == "(" else None
    reader.expect("FROM")
    source = reader.string()
    if not source.startswith("s3://"):
        raise RedshiftError(f"COPY from {source}: this stand-in for Redshift reads s3:// only")
    options = _options(reader)
    if options.pop("format", None) != "parquet":
        raise RedshiftError("this stand-in for Redshift copies FORMAT AS PARQUET only")
    if "role" not in options:
        raise RedshiftError("COPY needs credentials: IAM_ROLE 'arn:aws:iam::…'", "42601")
    options.pop("statistics", None)
    return CopyCommand(table, columns, source, **options)  # type: ignore[arg-type]


def _options(reader: Reader) -> dict[str, object]:
    options: dict[str, object] = {}
    while reader.rest:
        key, value = _option(reader)
        if key in options:
            raise RedshiftError("conflicting or redundant options", "42601")
        options[key] = value
    return options


def _option(reader: Reader) -> tuple[str, object]:
    token = reader.next()
    option: tuple[str, object]
    match token.word:
        case "IAM_ROLE":
            # The stand-in's default role is the one that may read the bucket.
            option = "role", COPY_ROLE if reader.skip("DEFAULT") else reader.string()
        case "CREDENTIALS":
            reader.skip("AS")
            option = "role", _role(reader.string())
        case "FORMAT":
            reader.skip("AS")
            option = "format", _format(reader.next())
        case "ACCEPTINVCHARS":
            option = "replacement", _replacement(reader)
        case "STATUPDATE":
            option = "statistics", any(map(reader.skip, ("ON", "OFF", "TRUE", "FALSE")))
        case word if word in _SWITCHES:
            option = _SWITCHES[word]
        case _:
            raise _refused(token)
    return option


def _role(credentials: str) -> str:
    found = _ROLE.fullmatch(credentials)
    if not found:
        raise RedshiftError("CREDENTIALS: this stand-in for Redshift takes 'aws_iam_role=…' only")
    return found[1]


def _format(token: Token) -> str:
    if token.word != "PARQUET":
        raise _refused(token)
    return "parquet"


def _replacement(reader: Reader) -> str:
    reader.skip("AS")
    replacement = reader.string() if reader.rest and reader.rest[0].kind == "string" else "?"
    if len(replacement) != 1 or not replacement.isascii() or replacement == "\0":
        raise RedshiftError("ACCEPTINVCHARS takes one ASCII character", "42601")
    return replacement


def _refused(token: Token) -> RedshiftError:
    if token.kind != "word":
        return RedshiftError(f'syntax error at or near "{token.source}"', "42601")
    if token.word in _OTHER_FORMATS:
        return RedshiftError(f"{token.word}: this stand-in for Redshift copies PARQUET only")
    return RedshiftError(f"{token.word} argument is not supported for PARQUET based COPY")
