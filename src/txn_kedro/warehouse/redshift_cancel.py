"""Cancels what a session of Redshift runs: the driver cannot."""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import suppress
from typing import Any

_ENCRYPT = struct.pack("!II", 8, 80877103)
_CANCEL = struct.pack("!II", 16, 80877102)
_SECONDS = 3.0


class Cancellation:
    """Cancels the statement that a connection waits for, then cuts the connection.

    Redshift runs a statement to its end even if its client has gone, and keeps the locks meanwhile.
    PostgreSQL's request to cancel comes on a connection of its own, with the key of the session.

    Args:
        connection: Of ``redshift_connector``. It may be closed before it is cancelled: what that
            needs is noted now.
    """

    def __init__(self, connection: Any) -> None:
        self._session: socket.socket = connection._usock
        self._server = self._session.getpeername()[:2]
        self._key: bytes = connection._backend_key_data

    def __call__(self) -> None:
        """Cancel, also while another thread reads from the connection."""
        try:
            self._request()
        finally:
            # The method of an SSL socket would take its encryption away beneath the reader.
            with suppress(OSError):
                socket.socket.shutdown(self._session, socket.SHUT_RDWR)

    def _request(self) -> None:
        server = socket.create_connection(self._server, _SECONDS)
        if isinstance(self._session, ssl.SSLSocket):
            server.sendall(_ENCRYPT)
            server.recv(1)
            name = self._session.server_hostname
            server = self._session.context.wrap_socket(server, server_hostname=name)
        with server:
            server.sendall(_CANCEL + self._key)
            # The server answers by closing the connection, once it has acted.
            server.recv(1)
