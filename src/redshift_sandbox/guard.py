"""Keeps servers for as long as the process that asked for them, then leaves nothing behind.

Runs in a session of its own, with the read end of a pipe as its standard input: it ends when the
other process does, however that was killed.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRACE = 5.0
_LOG_TAIL = 2000


@dataclass(frozen=True)
class Server:
    """A program that serves in the foreground.

    Attributes:
        name: Of its log.
        command: How it is started.
        prepare: Command that runs to its end before it, or None.
        user: System user that it runs as, with that user's group only; None for our own.
    """

    name: str
    command: list[str]
    prepare: list[str] | None = None
    user: str | None = None


@dataclass(frozen=True)
class Specification:
    """The servers that a guard watches.

    Attributes:
        folder: Where the servers keep all they have; removed in the end.
        servers: What it starts.
        leftovers: Files elsewhere that the servers would leave.
    """

    folder: str
    servers: list[Server]
    leftovers: list[str]

    def to_json(self) -> str:
        """As a guard takes it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Specification:
        """As a guard was given it."""
        raw = json.loads(text)
        servers = [Server(**server) for server in raw["servers"]]
        return cls(raw["folder"], servers, raw["leftovers"])


def keep(specification: Specification) -> None:
    """Run the servers until standard input ends or one of them does.

    Raises:
        SystemExit: A server ended by itself; the message holds the end of its log.
    """
    folder = Path(specification.folder)
    processes: list[subprocess.Popen[bytes]] = []
    with _removed_in_the_end(specification), _stopped_in_the_end(processes):
        # The slow preparations of the later ones overlap with the start of the first.
        for server in specification.servers:
            processes.append(_start(server, folder))  # noqa: PERF401
        while not select.select([sys.stdin], [], [], 0.1)[0]:
            for server, process in zip(specification.servers, processes, strict=True):
                if process.poll() is not None:
                    sys.exit(_ended(server, folder, process.returncode))


@contextmanager
def _removed_in_the_end(specification: Specification) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(specification.folder)
        for path in specification.leftovers:
            Path(path).unlink(missing_ok=True)


@contextmanager
def _stopped_in_the_end(processes: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            # Asks both SeaweedFS and PostgreSQL to stop without waiting for clients.
            process.send_signal(signal.SIGINT)
        for process in processes:
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(server: Server, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / f"{server.name}.log").open("wb") as log:
        if server.prepare and (code := _run(server.prepare, server.user, log).wait()):
            sys.exit(_ended(server, folder, code))
        return _run(server.command, server.user, log)


def _run(command: list[str], user: str | None, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a command.

    Raises:
        SystemExit: The system refuses to; the message says what it refused.
    """
    try:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
            cwd="/",
        )
    except OSError as error:
        owner = "" if user is None else f" as the user {user}"
        sys.exit(f"{command[0]} cannot be run{owner}: {error.strerror}")


def _ended(server: Server, folder: Path, code: int) -> str:
    log = (folder / f"{server.name}.log").read_text(errors="replace")
    return f"{server.name} ended with code {code}; the end of its log:\n{log[-_LOG_TAIL:]}"


def main() -> None:
    """Be a guard."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("the guard was terminated"))
    os.umask(0o022)
    keep(Specification.from_json(sys.argv[1]))
