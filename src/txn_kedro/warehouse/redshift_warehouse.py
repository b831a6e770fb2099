"""Amazon Redshift: its SQL. How it is reached is a subclass: its driver, or the Data API."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy_redshift.dialect import RedshiftDialect_redshift_connector

from txn_kedro.lake import ObjectLake
from txn_kedro.lake.errors import FilesRefused
from txn_kedro.warehouse.base import Warehouse
from txn_kedro.warehouse.fitting import FoundColumn
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.steps import Step, fails_unless, must_be_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.base import Reader
    from txn_kedro.warehouse.redshift_credentials import RedshiftCredentials
    from txn_kedro.warehouse.steps import Statement

_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE c.relname = :name AND pg_catalog.pg_table_is_visible(c.oid)
        AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_LOAD_ERROR = """
    SELECT file_name, column_name, error_message FROM sys_load_error_detail
    WHERE {} = :id ORDER BY start_time DESC LIMIT 1
"""
COPIED = sa.text("SELECT pg_last_copy_count()")
"""Selects how many rows the last COPY of the session loaded."""

TIMEOUT_REMEDY = (
    "A statement took longer than statement_timeout, waiting for a lock included. Who holds one: "
    "SELECT * FROM svv_transactions. Wait for that to end, or raise statement_timeout."
)

REMEDIES: Mapping[str, str] = {
    "Not authorized to get credentials of role": (
        "Attach the COPY role to the namespace, and let redshift.amazonaws.com assume it."
    ),
    "Access ?Denied|Status 403": (
        "Let the COPY role read the lake: s3:GetObject on its files, s3:ListBucket on its bucket."
    ),
}
"""What to do, by what Redshift says."""

_NO_REMEDY = "Look into sys_load_error_detail."

COPY_OPTIONS: Mapping[str, str] = {
    "ACCEPTINVCHARS": r"ACCEPTINVCHARS( AS)?( '[ -&(-\[\]-~]')?",
    "EXPLICIT_IDS": "EXPLICIT_IDS",
    "FILLRECORD": "FILLRECORD",
    "STATUPDATE": "STATUPDATE( ON| OFF| TRUE| FALSE)?",
}
"""The options that COPY takes for Parquet besides our own, each with how it is written."""


def quote_literal(text: str) -> str:
    """A text as a literal of Redshift's SQL.

    Raises:
        ValueError: It has a backslash or a control character: Redshift may take the one for an
            escape, and no path or role has a need of the other.
    """
    if re.search(r"[\\\x00-\x1f\x7f]", text):
        msg = f"{text!r} has a backslash or a control character, which no SQL literal here may have"
        raise ValueError(msg)
    return "'" + text.replace("'", "''") + "'"


def literal(value: object) -> str:
    """A value as a literal of Redshift's SQL.

    Raises:
        TypeError: No column has values of its type.
        ValueError: As ``quote_literal``.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return quote_literal(str(value))
    if isinstance(value, str):
        return quote_literal(value)
    msg = f"no literal of SQL is known for a {type(value).__name__}"
    raise TypeError(msg)


class _Compiler(RedshiftDialect_redshift_connector.statement_compiler):  # type: ignore[misc]
    def render_literal_value(self, value: object, type_: object) -> str:
        return literal(value)


class _Dialect(RedshiftDialect_redshift_connector):  # type: ignore[misc]
    statement_compiler = _Compiler


_DIALECT = _Dialect()


def check_copy_options(options: Sequence[str]) -> tuple[str, ...]:
    """Further options for COPY, in capitals.

    Raises:
        ValueError: One that COPY refuses for Parquet, or badly written.
    """
    if isinstance(options, str) or not all(isinstance(option, str) for option in options):
        msg = f"expected a list of texts such as [STATUPDATE ON], got {options!r}"
        raise ValueError(msg)
    checked: list[str] = []
    for option in options:
        word = option.split(" ")[0].upper()
        if word not in COPY_OPTIONS:
            msg = f"COPY takes no {word} for Parquet. It takes: {', '.join(COPY_OPTIONS)}"
            raise ValueError(msg)
        if re.fullmatch(COPY_OPTIONS[word], option, re.IGNORECASE) is None:
            msg = f"{option!r} is not how {word} is written, which is: {COPY_OPTIONS[word]}"
            raise ValueError(msg)
        if any(other.split(" ")[0] == word for other in checked):
            msg = f"{word} is given twice"
            raise ValueError(msg)
        checked.append(word + option[len(word) :])
    return tuple(checked)


class RedshiftWarehouse(Warehouse):
    """A database of Redshift Serverless.

    Args:
        credentials: Where it is and how to sign in.
        copy_options: Further options for COPY.
        connect_timeout: Seconds to wait for a connection.
        statement_timeout: Seconds that a statement may take, waiting for a lock included.
    """

    REPORTED_TYPES: ClassVar[Mapping[str, str]] = {
        "BIGINT": "bigint",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "DECIMAL": "numeric({})",
        "DOUBLE PRECISION": "double precision",
        "INTEGER": "integer",
        "TIMESTAMP": "timestamp without time zone",
        "VARCHAR": "character varying({})",
    }

    def __init__(
        self,
        credentials: RedshiftCredentials,
        copy_options: Sequence[str],
        connect_timeout: int,
        statement_timeout: int,
    ) -> None:
        self._credentials = credentials
        self._copy_options = tuple(copy_options)
        self._connect_timeout = connect_timeout
        self._statement_timeout = statement_timeout

    def __str__(self) -> str:
        return str(self._credentials)

    def exists(self) -> bool:
        """Always: a warehouse that is not there is one that cannot be reached."""
        return True

    @property
    def lock_statements(self) -> Sequence[Statement]:
        return (sa.text(f"LOCK {LOAD_LEDGER.name}"),)

    def columns(self, reader: Reader, table: str) -> dict[str, FoundColumn]:
        rows = reader.execute(sa.text(_COLUMNS).bindparams(name=table))
        return {name: FoundColumn(kind, not required) for name, kind, required in rows}

    def table_options(self, table: Table) -> Mapping[str, str]:
        sort = {"redshift_sortkey": table.sort_key} if table.sort_key else {}
        if table.distribution_key is None:
            return {**sort, "redshift_diststyle": "ALL"}
        return {**sort, "redshift_diststyle": "KEY", "redshift_distkey": table.distribution_key}

    def copy_steps(self, table: Table, files: LakeFiles) -> list[Step]:
        if not isinstance(files.lake, ObjectLake):
            problem = f"Redshift loads from S3 only, it is in {files.lake}"
            raise FilesRefused(files.label, problem, "Load it in the environment that wrote it.")
        options = "".join(f" {option}" for option in self._copy_options)
        role = self._credentials.iam_role
        quoted = self.dialect.identifier_preparer.quote
        names = [quoted(element.name) for element in files.manifest.columns.elements]
        command = (
            f"COPY {table.name} ({', '.join(names)}) "
            f"FROM {quote_literal(files.manifest_url)} "
            f"IAM_ROLE {role if role == 'default' else quote_literal(role)} "
            f"FORMAT AS PARQUET MANIFEST{options}"
        )
        return [
            # COPY takes no parameters, so what looks like one is none.
            Step(sa.text(command.replace(":", r"\:"))),
            Step(
                COPIED,
                lambda result: must_be_all(files, result.scalar_one()),
                fails_unless(sa.func.pg_last_copy_count() == files.manifest.volume.rows),
            ),
        ]

    def load_error(self, reader: Reader, column: str, number: int) -> str | None:
        """What Redshift noted about a failed COPY: its file, its column and the reason.

        Args:
            reader: Reads the notes, after the COPY's transaction has ended.
            column: The column of ``sys_load_error_detail`` that identifies the COPY.
            number: Its value.
        """
        statement = sa.text(_LOAD_ERROR.format(column)).bindparams(id=number)
        row = reader.execute(statement).first()
        if row is None:
            return None
        file, name, reason = (str(value or "").strip() for value in row)
        place = [f"file {file}"] if file else []
        place += [f"column {name}"] if name else []
        return f"Reason from sys_load_error_detail: {': '.join([*place, reason])}"

    @property
    def dialect(self) -> sa.Dialect:
        return _DIALECT

    def sql(self, statement: Statement) -> str:
        return super().sql(statement).replace("%%", "%")


def with_remedy(said: str, reason: str | None = None) -> str:
    """What Redshift said, the reason that it noted, and what to do."""
    problem = f"{said}. {reason.rstrip('.')}" if reason else said
    remedies = (remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, problem))
    remedy = next(remedies, None if reason else _NO_REMEDY)
    return f"{problem}. {remedy}" if remedy else f"{problem}."


def sentences(message: str, detail: str) -> str:
    """What an error says: its message, and its detail without the internals of Redshift."""
    block = re.search(r"error:(.*?)\n\s*code:.*?\n\s*context:(.*?)\n\s*query:", detail, re.DOTALL)
    parts = [message, *(block.groups() if block else [detail])]
    plain = [" ".join(part.split()).rstrip(".") for part in parts]
    return ". ".join(dict.fromkeys(filter(None, plain)))
