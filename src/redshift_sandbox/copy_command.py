"""Redshift's COPY: what it may say for Parquet and JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.identities import COPY_ROLE
from redshift_sandbox.tokens import Reader, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redshift_sandbox.tokens import Token

_ROLE = re.compile(r"aws_iam_role=(.+)")
_KEYS = re.compile(r"aws_access_key_id=([^;]+);aws_secret_access_key=([^;]+)")
_KEY_NAMES = {"ACCESS_KEY_ID": "access_key", "SECRET_ACCESS_KEY": "secret_key"}
_OTHER_FORMATS = {"CSV", "AVRO", "ORC", "FIXEDWIDTH", "SHAPEFILE"}
_SWITCHES: dict[str, tuple[str, object]] = {
    "PARQUET": ("format", "parquet"),
    "MANIFEST": ("manifest", True),
    "FILLRECORD": ("fill_record", True),
    "EXPLICIT_IDS": ("explicit_ids", True),
    "GZIP": ("gzip", True),
}
# What one format takes and the other does not.
_ONLY_FOR = {
    "parquet": {"fill_record": "FILLRECORD"},
    "json": {
        "gzip": "GZIP",
        "date_format": "DATEFORMAT",
        "time_format": "TIMEFORMAT",
        "region": "REGION",
    },
}
_IGNORED = ("statistics", "date_format", "time_format", "region", "max_error")


@dataclass(frozen=True)
class CopyCommand:
    """A COPY of files from S3.

    Attributes:
        table: Its name as SQL writes it.
        columns: Those listed, or None for all.
        source: URL of the manifest, or what the URLs of the files begin with.
        format: parquet or json.
        role: Whose rights on S3 are used, or None if there are keys.
        keys: Access key and secret key of S3, or None.
        manifest: Whether ``source`` is a manifest.
        replacement: What stands in for bytes that are no UTF-8, or None if they are an error.
        explicit_ids: Whether identity columns are taken from the files.
        fill_record: Whether columns that a file lacks at its end are NULL.
        gzip: Whether the files are compressed by gzip.
    """

    table: str
    columns: tuple[str, ...] | None
    source: str
    format: str
    role: str | None = None
    keys: tuple[str, str] | None = None
    manifest: bool = False
    replacement: str | None = None
    explicit_ids: bool = False
    fill_record: bool = False
    gzip: bool = False


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
    access_key, secret_key = options.pop("access_key", None), options.pop("secret_key", None)
    if access_key and secret_key:
        options["keys"] = (access_key, secret_key)
    _check(options)
    for name in _IGNORED:
        options.pop(name, None)
    return CopyCommand(table, columns, source, **options)  # type: ignore[arg-type]


def _check(options: Mapping[str, object]) -> None:
    """Refuse options that do not fit together.

    Raises:
        RedshiftError: It names them.
    """
    chosen = options.get("format")
    if chosen not in _ONLY_FOR:
        raise RedshiftError("this stand-in for Redshift copies FORMAT AS PARQUET or JSON only")
    for other, names in _ONLY_FOR.items():
        for option, name in names.items():
            if other != chosen and option in options:
                msg = f"{name} argument is not supported for {str(chosen).upper()} based COPY"
                raise RedshiftError(msg)
    if ("role" in options) == ("keys" in options):
        raise RedshiftError("COPY needs credentials: IAM_ROLE 'arn:aws:iam::…'", "42601")


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
            option = _credentials(reader.string())
        case "ACCESS_KEY_ID" | "SECRET_ACCESS_KEY":
            option = _KEY_NAMES[token.word], reader.string()
        case "FORMAT":
            reader.skip("AS")
            option = "format", _format(reader)
        case "JSON":
            option = "format", _json(reader)
        case "DATEFORMAT" | "TIMEFORMAT":
            option = token.word.replace("FORMAT", "_FORMAT").lower(), _auto(reader, token)
        case "REGION" | "MAXERROR":
            option = _region(reader) if token.word == "REGION" else _no_errors(reader, token)
        case "ACCEPTINVCHARS":
            option = "replacement", _replacement(reader)
        case "STATUPDATE":
            option = "statistics", any(map(reader.skip, ("ON", "OFF", "TRUE", "FALSE")))
        case word if word in _SWITCHES:
            option = _SWITCHES[word]
        case _:
            raise _refused(token)
    return option


def _credentials(given: str) -> tuple[str, object]:
    if found := _ROLE.fullmatch(given):
        return "role", found[1]
    if found := _KEYS.fullmatch(given):
        return "keys", (found[1], found[2])
    msg = (
        "CREDENTIALS: this stand-in for Redshift takes 'aws_iam_role=…' or "
        "'aws_access_key_id=…;aws_secret_access_key=…' only"
    )
    raise RedshiftError(msg)


def _format(reader: Reader) -> str:
    token = reader.next()
    if token.word == "JSON":
        return _json(reader)
    if token.word != "PARQUET":
        raise _refused(token)
    return "parquet"


def _json(reader: Reader) -> str:
    reader.skip("AS")
    is_named = reader.rest and reader.rest[0].kind == "string"
    if is_named and (how := reader.string()) != "auto":
        raise RedshiftError(f"JSON '{how}': this stand-in for Redshift reads JSON 'auto' only")
    return "json"


def _auto(reader: Reader, token: Token) -> str:
    reader.skip("AS")
    if (how := reader.string()) != "auto":
        raise RedshiftError(f"{token.word} '{how}': this stand-in for Redshift reads 'auto' only")
    return how


def _region(reader: Reader) -> tuple[str, object]:
    reader.skip("AS")
    return "region", reader.string()


def _no_errors(reader: Reader, token: Token) -> tuple[str, object]:
    # dlt sends the default.
    reader.skip("AS")
    if reader.next().source != "0":
        raise _refused(token)
    return "max_error", 0


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
        return RedshiftError(
            f"{token.word}: this stand-in for Redshift copies PARQUET and JSON only"
        )
    return RedshiftError(f"{token.word} argument is not supported for PARQUET based COPY")
