"""Runs Kedro in processes that are forked from one which has imported the libraries.

Imports are three quarters of the CPU time of a short ``kedro run``. Kedro's framework and the
project itself are imported by each process, because they read the folder that it runs in.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

LIBRARIES = (
    "duckdb_sqlalchemy",
    "dynaconf",
    "faker",
    "fsspec.implementations.local",
    "jinja2",
    "kedro.io",
    "omegaconf",
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pydantic",
    "rich.console",
    "s3fs",
    "sqlalchemy_redshift",
)


def run(
    command: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command line of Kedro: its program is not started, but imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*LIBRARIES, __name__])
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        files = [context.reducer.DupFd(file.fileno()) for file in (output, errors)]
        process = context.Process(target=_main, args=(command, folder, dict(environment), *files))
        process.start()
        process.join()
        return subprocess.CompletedProcess(command, process.exitcode, _text(output), _text(errors))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _main(command, folder, environment, output, errors) -> None:
    for file, number in ((output, 1), (errors, 2)):
        os.dup2(file.detach(), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(command)
    from kedro.framework.cli.cli import main

    try:
        main()
    finally:
        # Processes of multiprocessing end without these.
        atexit._run_exitfuncs()
