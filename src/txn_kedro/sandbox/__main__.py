"""``python -m txn_kedro.sandbox``: the sandbox in the foreground, or around another command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import click

from txn_kedro.sandbox import Sandbox
from txn_kedro.sandbox.identities import (
    ACCESS_KEY,
    BUCKET,
    COPY_ROLE,
    DATABASE,
    PASSWORD,
    SECRET_KEY,
    USER,
)
from txn_kedro.sandbox.servers import SandboxUnavailable, free_port

if TYPE_CHECKING:
    from types import FrameType

S3_PORT = 18333
REDSHIFT_PORT = 15439

_HELP = """\
The sandbox is up. It holds nothing but the bucket and the database, and forgets all when it stops.

  Redshift  PGPASSWORD={password} psql -h 127.0.0.1 -p {redshift_port} -U {user} {database}
  S3        {s3_endpoint}  access key {access_key}, secret key {secret_key}
  Bucket    s3://{bucket}
  COPY      IAM_ROLE '{role}'

In another terminal:

{exports}  kedro run --env sandbox

Ctrl-C stops it."""


@click.command()
@click.option("--s3-port", type=int, help=f"Port of S3.  [default: {S3_PORT}, or a free one]")
@click.option(
    "--redshift-port",
    type=int,
    help=f"Port of the stand-in for Redshift.  [default: {REDSHIFT_PORT}, or a free one]",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(s3_port: int | None, redshift_port: int | None, command: tuple[str, ...]) -> None:
    """Start S3 and a stand-in for Amazon Redshift on 127.0.0.1.

    With a COMMAND (after --), run it with the ports in its environment, then stop. Without, serve
    until Ctrl-C.
    """
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with Sandbox(_port(s3_port, S3_PORT), _port(redshift_port, REDSHIFT_PORT)) as sandbox:
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
    try:
        process = subprocess.Popen(command, env=os.environ | sandbox.environment)  # noqa: S603
    except OSError as error:
        raise click.ClickException(f"{command[0]} cannot be run: {error.strerror}.") from error
    with process:
        # The terminal sends Ctrl-C to both.
        signal.signal(signal.SIGINT, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: process.terminate())
        code = process.wait()
    return code if code >= 0 else 128 - code


def _serve(sandbox: Sandbox) -> None:
    click.echo(_welcome(sandbox))
    while (failure := sandbox.failure) is None:
        time.sleep(1)
    raise SandboxUnavailable(f"A server of the sandbox has ended. Start it again. {failure}")


def _welcome(sandbox: Sandbox) -> str:
    usual = {"TXN_SANDBOX_S3_PORT": str(S3_PORT), "TXN_SANDBOX_REDSHIFT_PORT": str(REDSHIFT_PORT)}
    note = "  # the default" if sandbox.environment == usual else ""
    exports = [f"  export {name}={port}{note}\n" for name, port in sandbox.environment.items()]
    return _HELP.format(
        user=USER,
        password=PASSWORD,
        database=DATABASE,
        redshift_port=sandbox.redshift_port,
        s3_endpoint=sandbox.s3_endpoint,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        bucket=BUCKET,
        role=COPY_ROLE,
        exports="".join(exports),
    )


if __name__ == "__main__":
    main()
