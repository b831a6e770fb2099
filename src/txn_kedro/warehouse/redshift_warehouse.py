"""Amazon Redshift, through its own driver."""

from __future__ import annotations

import logging
import re
import traceback
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from txn_kedro.lake import ObjectLake
from txn_kedro.lake.errors import FilesRefused
from txn_kedro.warehouse.base import Warehouse
from txn_kedro.warehouse.errors import TransientFailure, WarehouseRefused, WarehouseUnavailable
from txn_kedro.warehouse.fitting import FoundColumn
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.redshift_cancel import Cancellation
from txn_kedro.warehouse.steps import Step, must_be_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from txn_kedro.lake import LakeFiles
    from txn_kedro.tables import Table
    from txn_kedro.warehouse.redshift_credentials import RedshiftCredentials
    from txn_kedro.warehouse.steps import Statement

logger = logging.getLogger(__name__)

_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE c.relname = :name AND pg_catalog.pg_table_is_visible(c.oid)
        AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
_COPIED = sa.text("SELECT pg_last_copy_count()")

_TIMEOUT = "57014"
_TIMEOUT_REMEDY = (
    "A statement took longer than statement_timeout, waiting for a lock included. Who holds one: "
    "SELECT * FROM svv_transactions. Wait for that to end, or raise statement_timeout."
)
# Serializable isolation violated; relation not in the snapshot.
_CONFLICTS = ("1023", "1018")
_CONFLICT_STATES = {
    "40P01",  # deadlock
    *("57P01", "57P02", "57P03"),  # the server shuts down, or starts
    *("42P07", "42701", "23505"),  # another loader has made the table or the column meanwhile
}
# Invalid authorization; no such database.
_REFUSED_SIGN_IN = ("28", "3D")
_NO_RESOURCES = "53"

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

    @contextmanager
    def _session(self) -> Iterator[sa.Connection]:
        with self._connect() as connection, connection.begin():
            yield connection

    def _interruption(self, connection: sa.Connection) -> Callable[[], object]:
        return Cancellation(connection.connection.dbapi_connection)

    def _connect(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except Exception as error:
            told = self._not_connected(error)
            if told is None:
                raise
            raise told from None  # the driver's error knows the password

    def _not_connected(self, error: Exception) -> WarehouseUnavailable | None:
        """What it means that no connection was made."""
        if fields := _fields(error):
            return self._no_session(fields)
        if type(error).__module__.startswith("botocore"):
            remedy = (
                "Make sure that the process has AWS credentials, and that they may call "
                "redshift-serverless:GetCredentials for the workgroup."
            )
            return WarehouseUnavailable(str(self), f"sign-in by IAM failed: {error}", remedy)
        if not _is_lost(error):
            return None
        problem = f"no connection ({self._connect_timeout} s are allowed): {_said(error)}"
        remedy = "Check host and port, and that its security group lets this machine in."
        return TransientFailure(str(self), problem, remedy)

    def _no_session(self, fields: Mapping[str, str]) -> WarehouseUnavailable:
        """What it means that the server answered with an error."""
        state = fields.get("C", "")
        said = f"{_sentences(fields)} (SQLSTATE {state})"
        if state.startswith(_REFUSED_SIGN_IN):
            remedy = "Check the database, the user and the password, or what IAM lets you do."
            return WarehouseUnavailable(str(self), f"it refused the sign-in: {said}", remedy)
        problem = f"it opened no session: {said}"
        if _is_conflict(fields) or state.startswith(_NO_RESOURCES):
            return TransientFailure(str(self), problem, "Run again when it takes sessions.")
        return WarehouseUnavailable(str(self), problem, "Correct what it names, then run again.")

    @cached_property
    def _engine(self) -> sa.Engine:
        import redshift_connector  # noqa: PLC0415  the embedded warehouse needs no such driver

        def connect() -> Any:
            connection = redshift_connector.connect(
                **self._credentials.connect_arguments,
                timeout=self._connect_timeout,
                application_name="txn_kedro",
            )
            # The driver keeps the timeout of connecting for all that it ever reads.
            connection._usock.settimeout(self._statement_timeout + self._connect_timeout)
            self._bound_statements(connection)
            return connection

        # A pooled connection's ping would open a transaction, and freeze its snapshot. Nothing is
        # reset: closing a connection rolls back, and one that was lost cannot be.
        engine = sa.create_engine(
            "redshift+redshift_connector://",
            creator=connect,
            poolclass=NullPool,
            pool_reset_on_return=None,
        )
        sa.event.listen(engine, "before_cursor_execute", _single_percents, retval=True)
        return engine

    def _bound_statements(self, connection: Any) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout TO {1000 * self._statement_timeout}")
        connection.autocommit = False

    @property
    def lock_statements(self) -> Sequence[Statement]:
        return (sa.text(f"LOCK {LOAD_LEDGER.name}"),)

    def columns(self, connection: sa.Connection, table: str) -> dict[str, FoundColumn]:
        rows = connection.execute(sa.text(_COLUMNS), {"name": table})
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
            Step(_COPIED, lambda result: must_be_all(files, int(result.scalar_one()))),
        ]

    def translated(self, error: Exception) -> WarehouseUnavailable | WarehouseRefused | None:
        if _is_lost(error):
            remedy = "Run again when it is back."
            return TransientFailure(str(self), f"the connection was lost: {_said(error)}", remedy)
        fields = _fields(error)
        if fields is None:
            return None
        said = f"{_sentences(fields)} (SQLSTATE {fields.get('C')})"
        if fields.get("C") == _TIMEOUT:
            return WarehouseUnavailable(str(self), said, _TIMEOUT_REMEDY)
        if _is_conflict(fields):
            return TransientFailure(str(self), said, "Run again when other sessions have ended.")
        known = (remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, said))
        return WarehouseRefused(str(self), f"{said}. {next(known, _NO_REMEDY)}")

    @property
    def dialect(self) -> sa.Dialect:
        return self._engine.dialect

    def sql(self, statement: Statement) -> str:
        return super().sql(statement).replace("%%", "%")


def _single_percents(
    _connection: sa.Connection, _cursor: object, statement: str, parameters: Any, *_: object
) -> tuple[str, Any]:
    """Undo the doubling of percent signs, which the driver does only where it finds parameters."""
    return statement if parameters else statement.replace("%%", "%"), parameters


def _fields(error: Exception) -> dict[str, str] | None:
    """The fields of an error that the server sent; None if it sent none."""
    driver_error = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    arguments = getattr(driver_error, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], dict) else None


def _is_conflict(fields: Mapping[str, str]) -> bool:
    """Whether the server gave up this transaction for another's sake, or its own end."""
    state = fields.get("C", "")
    return (
        fields.get("M", "").startswith(_CONFLICTS)
        or state in _CONFLICT_STATES
        or state.startswith("08")
    )


def _is_lost(error: Exception) -> bool:
    """Whether the connection is gone: the driver says so, or has choked on half a message."""
    if _fields(error) is not None:
        return False
    if isinstance(error, sa.exc.DBAPIError):
        return type(error.orig).__name__ in {"InterfaceError", "OperationalError"}
    frames = [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(error.__traceback__)]
    by_driver = bool(frames) and frames[-1].startswith("redshift_connector")
    return isinstance(error, OSError) or by_driver


def _said(error: Exception) -> str:
    """Return the driver's own message."""
    driver_error = getattr(error, "orig", None) or error
    return ": ".join(map(str, driver_error.args)).rstrip(".")


def _sentences(fields: Mapping[str, str]) -> str:
    """What an error says: its message, and its detail without the internals of Redshift."""
    detail = fields.get("D", "")
    block = re.search(r"error:(.*?)\n\s*code:.*?\n\s*context:(.*?)\n\s*query:", detail, re.DOTALL)
    told = [fields.get("M", ""), *(block.groups() if block else [detail])]
    plain = [" ".join(text.split()).rstrip(".") for text in told]
    return ". ".join(dict.fromkeys(filter(None, plain)))
