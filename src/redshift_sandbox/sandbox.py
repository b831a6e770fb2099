"""The sandbox: S3 and a stand-in for Redshift, for as long as a ``with`` block."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from redshift_sandbox.identities import ACCESS_KEY, BUCKET, SECRET_KEY
from redshift_sandbox.servers import SandboxUnavailable, Servers, free_port

if TYPE_CHECKING:
    from types import TracebackType

    from redshift_sandbox.data_api import DataApi
    from redshift_sandbox.redshift import Redshift

_ATTEMPTS = 3
_READY_WITHIN = 180.0
_PAUSE = 0.05


class Sandbox:
    """S3 and a stand-in for Redshift on 127.0.0.1, empty but for a bucket and a database.

    Everything they hold goes with them. ``redshift_sandbox.identities`` says who may log in.

    Args:
        s3_port: Where S3 listens; 0 for any free port.
        redshift_port: Where the stand-in listens; 0 for any free port.
        data_api_port: Where its Data API listens; 0 for any free port.

    Raises:
        SandboxUnavailable: On entering the block, if they cannot be started.
    """

    def __init__(self, s3_port: int = 0, redshift_port: int = 0, data_api_port: int = 0) -> None:
        self._wanted_s3_port = s3_port
        self._wanted_redshift_port = redshift_port
        self._wanted_data_api_port = data_api_port
        self.s3_port = 0
        self.redshift_port = 0
        self.data_api_port = 0
        self._servers: Servers
        self._redshift: Redshift

    @property
    def s3_endpoint(self) -> str:
        """URL of S3."""
        return f"http://127.0.0.1:{self.s3_port}"

    @property
    def data_api_endpoint(self) -> str:
        """URL of the Data API."""
        return f"http://127.0.0.1:{self.data_api_port}"

    @property
    def certificate(self) -> Path:
        """The certificate of the stand-in, for clients that verify it by ``SSL_CERT_FILE``."""
        return self._servers.folder / "redshift.crt"

    @property
    def data_api(self) -> DataApi:
        """The Data API, whose faults a test can ask for."""
        return self._redshift.data_api

    @property
    def environment(self) -> dict[str, str]:
        """Variables that tell a program where to find them."""
        return {
            "REDSHIFT_SANDBOX_S3_PORT": str(self.s3_port),
            "REDSHIFT_SANDBOX_PORT": str(self.redshift_port),
            "REDSHIFT_SANDBOX_DATA_API_PORT": str(self.data_api_port),
            "REDSHIFT_SANDBOX_CERTIFICATE": str(self.certificate),
        }

    @property
    def failure(self) -> str | None:
        """Output of a server that has ended unexpectedly, or None while all run."""
        return self._servers.failure()

    def __enter__(self) -> Sandbox:
        free_port(self._wanted_redshift_port)
        free_port(self._wanted_data_api_port)
        self._start_servers()
        try:
            self._start_redshift()
        except BaseException:
            self._servers.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._redshift.stop()
        finally:
            self._servers.stop()

    def _start_servers(self) -> None:
        # Another process may take a port between the moment we find it free and its use.
        for attempt in range(1, _ATTEMPTS + 1):
            self.s3_port = free_port(self._wanted_s3_port)
            self._servers = Servers(self.s3_port)
            try:
                self._wait()
            except SandboxUnavailable:
                self._servers.stop()
                if attempt == _ATTEMPTS:
                    raise
            except BaseException:
                self._servers.stop()
                raise
            else:
                return

    def _wait(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not (_listens(self._servers.postgres_socket) and self._has_bucket()):
            if failure := self.failure:
                raise SandboxUnavailable(f"A server of the sandbox did not start. {failure}")
            if time.monotonic() > deadline:
                raise SandboxUnavailable(
                    f"The servers of the sandbox did not answer within {_READY_WITHIN:.0f} s. "
                    "Is the machine very busy? Start it again."
                )
            time.sleep(_PAUSE)

    def _has_bucket(self) -> bool:
        from pyarrow.fs import FileType, S3FileSystem  # noqa: PLC0415

        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.s3_port)):
                return False
        s3 = S3FileSystem(
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            endpoint_override=self.s3_endpoint,
            region="us-east-1",
        )
        try:
            return bool(s3.get_file_info(BUCKET).type == FileType.Directory)
        except OSError:
            return False

    def _start_redshift(self) -> None:
        from redshift_sandbox.load import Addresses  # noqa: PLC0415
        from redshift_sandbox.redshift import Redshift  # noqa: PLC0415
        from redshift_sandbox.tls import server_context  # noqa: PLC0415

        servers = self._servers
        tls = server_context(self.certificate)
        addresses = Addresses(servers.postgres_socket, self.s3_endpoint, servers.failure, tls)
        self._redshift = Redshift(self._wanted_redshift_port, self._wanted_data_api_port, addresses)
        try:
            self.redshift_port, self.data_api_port = self._redshift.start()
        except OSError as error:
            # Another process may take a port between the moment we find it free and its use.
            raise SandboxUnavailable(f"A port was taken ({error}). Start it again.") from error


def _listens(path: str) -> bool:
    if not Path(path).exists():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0
