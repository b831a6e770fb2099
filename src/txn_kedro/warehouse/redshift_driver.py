"""Amazon Redshift, reached through its own driver."""

from __future__ import annotations

import logging
import traceback
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from txn_kedro.warehouse.errors import TransientFailure, WarehouseRefused, WarehouseUnavailable
from txn_kedro.warehouse.redshift_cancel import Cancellation
from txn_kedro.warehouse.redshift_warehouse import (
    TIMEOUT_REMEDY,
    RedshiftWarehouse,
    sentences,
    with_remedy,
)
from txn_kedro.warehouse.sessions import SessionWarehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

logger = logging.getLogger(__name__)

_TIMEOUT = "57014"
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


class DriverWarehouse(SessionWarehouse, RedshiftWarehouse):
    """A database of Redshift Serverless, through ``redshift_connector``: needs a route to it."""

    @contextmanager
    def _session(self) -> Iterator[sa.Connection]:
        with self._connect() as connection:
            try:
                with connection.begin():
                    yield connection
            except sa.exc.DBAPIError as error:
                if not _is_refused_copy(error):
                    raise
                said, reason = _said_by(_fields(error) or {}), self._reason(connection)
                raise WarehouseRefused(str(self), with_remedy(said, reason)) from error

    def _reason(self, connection: sa.Connection) -> str | None:
        """What Redshift noted about the COPY that has failed in this session."""
        try:
            session = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            return self.load_error(connection, "session_id", session)
        except sa.exc.DBAPIError:
            logger.debug("sys_load_error_detail could not be read", exc_info=True)
            return None

    def _interruption(self, connection: sa.Connection) -> Callable[[], object]:
        return Cancellation(connection.connection.dbapi_connection)

    def _connect(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except Exception as error:
            unavailable = self._not_connected(error)
            if unavailable is None:
                raise
            raise unavailable from None  # the driver's error knows the password

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
        remedy = (
            "Check host and port, and that its security group lets this machine in. Without a "
            "route to it, use the Data API (transport: data_api)."
        )
        return TransientFailure(str(self), problem, remedy)

    def _no_session(self, fields: Mapping[str, str]) -> WarehouseUnavailable:
        """What it means that the server answered with an error."""
        state = fields.get("C", "")
        said = _said_by(fields)
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

    def translated(self, error: Exception) -> WarehouseUnavailable | WarehouseRefused | None:
        if _is_lost(error):
            remedy = "Run again when it is back."
            return TransientFailure(str(self), f"the connection was lost: {_said(error)}", remedy)
        fields = _fields(error)
        if fields is None:
            return None
        said = _said_by(fields)
        if fields.get("C") == _TIMEOUT:
            return WarehouseUnavailable(str(self), said, TIMEOUT_REMEDY)
        if _is_conflict(fields):
            return TransientFailure(str(self), said, "Run again when other sessions have ended.")
        return WarehouseRefused(str(self), with_remedy(said))


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


def _said_by(fields: Mapping[str, str]) -> str:
    said = sentences(fields.get("M", ""), fields.get("D", ""))
    return f"{said} (SQLSTATE {fields.get('C')})"


def _is_refused_copy(error: sa.exc.DBAPIError) -> bool:
    """Whether Redshift refused a COPY for what is in its files."""
    fields = _fields(error)
    return (
        fields is not None
        and (error.statement or "").startswith("COPY ")
        and fields.get("C") != _TIMEOUT
        and not _is_conflict(fields)
    )
