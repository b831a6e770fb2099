"""A TCP proxy that cuts a client's connection at a chosen point of a statement."""

from __future__ import annotations

import re
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Literal, Self

Point = Literal["before", "during", "within", "after"]


class Cutter:
    """Passes bytes on to a server on loopback, until a session runs a statement.

    Args:
        port: Of the server.
        point: ``before``: the statement does not reach the server. ``during``: it does, and the
            connection is cut at once. ``within``: the client gets the beginning of the answer.
            ``after``: the server has answered, the client never hears.
        times: How many of these statements to cut; later ones pass.
        statement: A part of its text; by default it is COMMIT.
        after: A part of a statement that the session must have sent before; by default COPY.
    """

    def __init__(
        self,
        port: int,
        point: Point,
        times: int = 1,
        statement: bytes = b"commit",
        after: bytes = b"COPY transactions",
    ) -> None:
        self._server = port
        self.port = 0
        self._point = point
        self._statement = statement
        self._after = after
        self.left = times
        self._clients: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._close()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """The server is out of reach meanwhile."""
        self._close()
        try:
            yield
        finally:
            self._open()

    def _open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        # An HTTP client keeps its connections.
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self) -> None:
        sessions = []
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                break
            self._clients.append(client)
            session = threading.Thread(target=self._serve, args=(client,))
            session.start()
            sessions.append(session)
        for session in sessions:
            session.join()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server)) as server:
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            awaited = prepared = False
            while True:
                readable, _, _ = select.select([client, server], [], [])
                if server in readable:
                    if not (answer := server.recv(65536)):
                        return
                    client.sendall(answer)
                    continue
                if not (message := client.recv(65536)):
                    return
                awaited = awaited or self._after in message
                if is_http := message.startswith(b"POST "):
                    message += rest_of_request(client, message)
                if awaited and self.left:
                    if starts := self._statement in message:
                        prepared = True
                        if self._point == "before":
                            self.left -= 1
                            return
                    # The driver prepares a statement, then executes it.
                    if prepared and (is_http or not starts):
                        self.left -= 1
                        server.sendall(message)
                        if self._point in {"within", "after"}:
                            answer = server.recv(65536)
                            client.sendall(answer[:3] if self._point == "within" else b"")
                        return
                server.sendall(message)


def rest_of_request(client: socket.socket, beginning: bytes) -> bytes:
    """What is still to come of an HTTP request, whose head is there."""
    head, _, body = beginning.partition(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    missing = int(found[1]) - len(body) if found else 0
    rest = b""
    while len(rest) < missing:
        if not (received := client.recv(65536)):
            break
        rest += received
    return rest
