"""``redshift-sandbox``: the sandbox in the foreground, or around another command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click

from redshift_sandbox import Sandbox
from redshift_sandbox.identities import (
    ACCESS_KEY,
    BUCKET,
    COPY_ROLE,
    DATABASE,
    PASSWORD,
    SECRET_KEY,
    USER,
    WORKGROUP,
)
from redshift_sandbox.servers import SandboxUnavailable, free_port

if TYPE_CHECKING:
    from types import FrameType

S3_PORT = 18333
REDSHIFT_PORT = 15439
DATA_API_PORT = 15440

_HELP = """\
The sandbox is up. It holds only a bucket and a database, both empty, and
forgets everything when it stops.

  Redshift  PGPASSWORD={password} \\
            psql -h 127.0.0.1 -p {redshift_port} -U {user} {database}
            without TLS, or with it: clients that verify the server need
            SSL_CERT_FILE={certificate}
  Data API  {data_api_endpoint}
            workgroup {workgroup}, database {database}, signed as S3
  S3        {s3_endpoint}
            access key {access_key}, secret key {secret_key}
  Bucket    s3://{bucket}
  COPY      IAM_ROLE '{role}'
{exports}
Ctrl-C stops it."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="redshift-sandbox", prog_name="redshift-sandbox")
@click.option("--s3-port", type=int, help=f"Port of S3.  [default: {S3_PORT}, or a free one]")
@click.option(
    "--redshift-port",
    type=int,
    help=f"Port of the stand-in for Redshift.  [default: {REDSHIFT_PORT}, or a free one]",
)
@click.option(
    "--data-api-port",
    type=int,
    help=f"Port of the Data API.  [default: {DATA_API_PORT}, or a free one]",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(
    s3_port: int | None,
    redshift_port: int | None,
    data_api_port: int | None,
    command: tuple[str, ...],
) -> None:
    """Start S3 and a stand-in for Amazon Redshift on 127.0.0.1.

    With a COMMAND (after --), run it with the ports in its environment, then stop. Without, serve
    until Ctrl-C.
    """
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    click.echo("Starting S3 and a stand-in for Redshift on 127.0.0.1", err=True)
    try:
        with Sandbox(
            _port(s3_port, S3_PORT),
            _port(redshift_port, REDSHIFT_PORT),
            _port(data_api_port, DATA_API_PORT),
        ) as sandbox:
            if command:
                sys.exit(_run(command, sandbox))
            _serve(sandbox)
    except SandboxUnavailable as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("stopped")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port(asked: int | None, default: int) -> int:
    if asked is not None:
        return asked
    try:
        return free_port(default)
    except SandboxUnavailable:
        return 0


def _run(command: tuple[str, ...], sandbox: Sandbox) -> int:
    environment = {**os.environ, **sandbox.environment}
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603
    except OSError as error:
        raise click.ClickException(f"{command[0]} cannot be run: {error.strerror}.") from error
    with process:
        # The terminal sends Ctrl-C to both.
        signal.signal(signal.SIGINT, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: process.terminate())
        code = process.wait()
    if sandbox.failure:
        click.echo(f"A server of the sandbox has ended. {sandbox.failure}", err=True)
    return code if code >= 0 else 128 - code


def _serve(sandbox: Sandbox) -> None:
    click.echo(welcome(sandbox))
    while (failure := sandbox.failure) is None:
        time.sleep(1)
    raise SandboxUnavailable(f"A server of the sandbox has ended. Start it again. {failure}")


def welcome(sandbox: Sandbox) -> str:
    """How to reach the sandbox; variables are exported only if its ports are not the usual ones."""
    usual = {
        "REDSHIFT_SANDBOX_S3_PORT": str(S3_PORT),
        "REDSHIFT_SANDBOX_PORT": str(REDSHIFT_PORT),
        "REDSHIFT_SANDBOX_DATA_API_PORT": str(DATA_API_PORT),
    }
    ports = sorted((name, sandbox.environment[name]) for name in usual)
    exports = [f"  export {name}={port}\n" for name, port in ports if port != usual[name]]
    if exports:
        exports.insert(0, "\nThe usual ports are taken. Run this first in another terminal:\n\n")
    return _HELP.format(
        user=USER,
        password=PASSWORD,
        database=DATABASE,
        redshift_port=sandbox.redshift_port,
        certificate=sandbox.certificate,
        data_api_endpoint=sandbox.data_api_endpoint,
        workgroup=WORKGROUP,
        s3_endpoint=sandbox.s3_endpoint,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        bucket=BUCKET,
        role=COPY_ROLE,
        exports="".join(exports),
    )


if __name__ == "__main__":
    main()
