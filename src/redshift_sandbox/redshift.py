"""The stand-in for Redshift: a server of PostgreSQL's protocol before a PostgreSQL, and the Data
API before that.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from ssl import SSLError
from typing import TYPE_CHECKING

from redshift_sandbox import wire
from redshift_sandbox.backend import SUPERUSER, Backend
from redshift_sandbox.catalog import ROLE, TEMPLATE, set_isolation
from redshift_sandbox.data_api import DataApi
from redshift_sandbox.errors import BackendGone, RedshiftError
from redshift_sandbox.identities import DATABASE, USER
from redshift_sandbox.session import Session

if TYPE_CHECKING:
    from redshift_sandbox.load import Addresses

_LOG = logging.getLogger(__name__)

_TRIES_FOR_REASON = 60
_TRIES_TO_START = 600
_PAUSE = 0.1


@dataclass(frozen=True)
class _Serving:
    loop: asyncio.AbstractEventLoop
    stopped: asyncio.Event
    port: int
    data_api_port: int


class Redshift:
    """Serves in a thread of its own.

    Args:
        port: Of 127.0.0.1; 0 for any free one.
        data_api_port: Of the Data API; 0 for any free one.
        addresses: Where the parts of the stand-in are; its PostgreSQL runs, and has no user yet.
    """

    def __init__(self, port: int, data_api_port: int, addresses: Addresses) -> None:
        self._port = port
        self._data_api_port = data_api_port
        self._addresses = addresses
        self._serving: Future[_Serving] = Future()
        self._thread = threading.Thread(target=self._run, name="redshift", daemon=True)
        self.data_api: DataApi
        # asyncio forgets a session whose client has gone while PostgreSQL still works for it.
        self._sessions: set[asyncio.Task[None] | None] = set()

    def start(self) -> tuple[int, int]:
        """Prepare the databases and listen.

        Returns:
            The port, and that of the Data API.

        Raises:
            OSError: The port is taken.
        """
        self._thread.start()
        serving = self._serving.result()
        return serving.port, serving.data_api_port

    def stop(self) -> None:
        """End all sessions and stop listening."""
        serving = self._serving.result()
        serving.loop.call_soon_threadsafe(serving.stopped.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._serving.done():
                raise
            self._serving.set_exception(error)

    async def _serve(self) -> None:
        await _prepare(self._addresses.postgres_socket)
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        stopped = asyncio.Event()
        port = server.sockets[0].getsockname()[1]
        self.data_api = DataApi(port)
        runner, data_api_port = await self.data_api.start(self._data_api_port)
        loop = asyncio.get_running_loop()
        self._serving.set_result(_Serving(loop, stopped, port, data_api_port))
        await stopped.wait()
        await runner.cleanup()
        # Sessions that are open end with the loop.
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        self._sessions.add(session)
        try:
            await Session(reader, writer, self._addresses).run()
        except (
            ConnectionError,
            SSLError,
            asyncio.IncompleteReadError,
            asyncio.CancelledError,
        ):
            # SSLError: the client does not trust us. CancelledError: the stand-in stops.
            _LOG.debug("A connection has ended", exc_info=True)
        except BackendGone:
            gone = await self._why_gone()
            # redshift_connector shows an error only once it is ready again.
            writer.write(gone.encode("FATAL").encode() + wire.ready(b"E").encode())
        except RedshiftError as error:
            writer.write(error.encode("FATAL").encode())
        except Exception as error:
            _LOG.exception("The stand-in for Redshift has failed")
            failure = RedshiftError(f"The stand-in for Redshift has failed: {error!r}", "XX000")
            writer.write(failure.encode("FATAL").encode())
        finally:
            self._sessions.discard(session)
            writer.close()

    async def _why_gone(self) -> RedshiftError:
        """The answer to a client whose PostgreSQL has gone."""
        # The guard stops all servers before it says which one ended.
        for _ in range(_TRIES_FOR_REASON):
            if failure := self._addresses.failure():
                msg = (
                    f"S3 and the database behind this stand-in for Redshift are not reachable: "
                    f"{failure.partition(';')[0]}. Start the sandbox again"
                )
                return RedshiftError(msg, "57P01")
            await asyncio.sleep(_PAUSE)
        return RedshiftError("PostgreSQL behind the stand-in has ended the session", "57P01")


async def _prepare(socket: str) -> None:
    template = await _first_session(socket)
    try:
        await template.execute(ROLE)
        await template.execute(TEMPLATE)
    finally:
        await template.leave()
    admin = await Backend.connect(socket, {"user": SUPERUSER, "database": "postgres"})
    try:
        await admin.execute(f"CREATE DATABASE {DATABASE} OWNER {USER}")
        await admin.execute(set_isolation(DATABASE, "SNAPSHOT"))
    finally:
        await admin.leave()


async def _first_session(socket: str) -> Backend:
    """A session of the template, once PostgreSQL takes any: it listens before it does."""
    parameters = {"user": SUPERUSER, "database": "template1"}
    for _ in range(_TRIES_TO_START):
        try:
            return await Backend.connect(socket, parameters)
        except BackendGone:
            await asyncio.sleep(_PAUSE)
    return await Backend.connect(socket, parameters)
