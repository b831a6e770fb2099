"""The project's command line: Kedro's own, with errors that a person can act on."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from typing import IO, TYPE_CHECKING, Any, cast

import click
from kedro.config import MissingConfigException
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import CONTEXT_SETTINGS, KedroCliError
from kedro.framework.session import KedroSession
from kedro.io import DatasetError
from kedro.validation.exceptions import ParameterValidationError
from yaml import YAMLError

from txn_kedro.jupyter import ipython, jupyter
from txn_kedro.logs import use_format
from txn_kedro.run_options import checked, run_options
from txn_kedro.stopping import NO_THREAD, ThreadRefused, stoppable
from txn_kedro.terminal import on_terminal, shown, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from kedro.io import DataCatalog

    from txn_kedro.datasets import ParquetBatchDataset

# What takes long to import is imported where a signal is answered with one sentence.

use_format()

EXPECTED = (
    DatasetError,
    MissingConfigException,
    OSError,
    ParameterValidationError,
    ValueError,
    YAMLError,
)
"""Errors that tell all there is to know in their message; a traceback would bury it."""

_KEDRO_PREAMBLE = re.compile(
    r"Failed to instantiate \w+ for parameter '\w+': "
    r"|Failed while \w+ data \w+ dataset [\w.]+\(.*\)\.\n"
)


class RunFailed(KedroCliError):
    """A run ended in an expected error; ``kedro run --verbose`` shows where it was raised."""

    def show(self, file: IO[str] | None = None) -> None:
        """Print the message, and the traceback if it was asked for."""
        if self.VERBOSE_ERROR:
            click.echo("".join(traceback.format_exception(self.__cause__)), file=file, err=True)
        message = on_terminal(f"Error: {self.format_message()}")
        click.secho(message, file=file, err=True, fg="red")


# Under the name of Kedro's own group, so that `kedro -h` lists `run` once.
@click.group(name="kedro")
def cli() -> None:
    """Commands of this project."""


@click.pass_context
@stoppable()
def _run(context: click.Context, /, **options: Any) -> Any:
    """Run the pipelines: generate a batch, load what is pending."""
    from kedro.framework.project import pipelines  # noqa: PLC0415  known only once a run is on

    try:
        options = checked(options, pipelines)
        with shown():
            return context.invoke(cast("Callable[..., Any]", kedro_run.callback), **options)
    except EXPECTED as error:
        message = _KEDRO_PREAMBLE.sub("", str(error))
        raise RunFailed(
            ThreadRefused().message if NO_THREAD.search(message) else message
        ) from error
    except RuntimeError as error:
        if not NO_THREAD.search(str(error)):
            raise
        raise RunFailed(ThreadRefused().message) from error


def _set_verbose(_context: click.Context, _option: click.Parameter, value: bool) -> None:
    KedroCliError.VERBOSE_ERROR = value


_VERBOSE = click.Option(
    ["--verbose"],
    is_flag=True,
    expose_value=False,
    callback=_set_verbose,
    help="Show where an error was raised.",
)

run = click.command("run", context_settings=CONTEXT_SETTINGS, params=[*run_options(), _VERBOSE])(
    _run
)
cli.add_command(run)
cli.add_command(jupyter)
cli.add_command(ipython)


@cli.command(context_settings=CONTEXT_SETTINGS)
@click.option("--env", "-e", help="Kedro environment: local (the default), sandbox or aws.")
@click.option(
    "--verify",
    is_flag=True,
    help="Compare every loaded batch's manifest with the ledger, not only changed ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@stoppable()
def plan(env: str | None, verify: bool, as_json: bool) -> None:
    """Show what a load would do, and do nothing of it.

    Lists the committed batches: loaded, pending or broken, their rows and bytes, why they are
    broken, and the exact SQL. Exit code 0: nothing is pending; 2: something is; 1: an error, or
    the warehouse holds a batch that was loaded from another manifest than the lake has now.
    """
    from txn_kedro.plan import make_plan  # noqa: PLC0415

    _log_to_stderr()
    try:
        with KedroSession.create(env=env) as session:
            context = cast("KedroSession", session).load_context()
            with shown():
                found = make_plan(cast("DataCatalog", context.catalog), verify=verify)
    except EXPECTED as error:
        raise RunFailed(str(error)) from error
    if as_json:
        write(json.dumps(found.to_dict(), indent=2))
    else:
        # The SQL stays as it is sent.
        *lines, total = found.lines()
        write("\n".join([*lines, on_terminal(total, sys.stdout)]))
    if found.differs:
        names = ", ".join(step.name for step in found.differs)
        msg = f"The warehouse and the lake disagree on {names}: see above what to do."
        raise RunFailed(msg)
    sys.exit(2 if found.is_pending else 0)


@cli.command(context_settings=CONTEXT_SETTINGS)
@click.option("--env", "-e", help="Kedro environment: local (the default), sandbox or aws.")
@click.option("--older-than", help="Leave alone what is younger.  [default: 7d on S3, else 0s]")
@click.option("--yes", is_flag=True, help="Remove it. Without, it is only listed.")
@stoppable()
def tidy(env: str | None, older_than: str | None, yes: bool) -> None:
    """List, or remove, what killed runs have left in the lake.

    These are parts that no manifest commits, drafts, and unfinished uploads to S3. In a folder,
    what a run is writing is locked and left alone; on S3 only age tells, so choose --older-than
    longer than any run may last or be paused.
    """
    from txn_kedro import tidying  # noqa: PLC0415

    _log_to_stderr()
    try:
        with KedroSession.create(env=env) as session:
            context = cast("KedroSession", session).load_context()
            lake = cast("ParquetBatchDataset", context.catalog["batches"]).lake
            age = _age(older_than) if older_than else tidying.default_age(lake)
            found = []
            for leftover in tidying.tidy(lake, age, remove=yes):
                write(str(leftover))
                found.append(leftover)
    except EXPECTED as error:
        raise RunFailed(str(error)) from error
    if yes or not found:
        write(f"{len(found)} removed." if found else "Nothing to remove.")
    else:
        write(f"{len(found)} found. The same command with --yes removes them.")


def _age(text: str) -> timedelta:
    from txn_kedro import tidying  # noqa: PLC0415

    try:
        return tidying.parse_age(text)
    except ValueError as error:
        msg = on_terminal(f"Error: --older-than: {error}").removeprefix("Error: ")
        raise click.UsageError(msg) from error


def _log_to_stderr() -> None:
    """Leave the standard output to what a program may read there."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)
