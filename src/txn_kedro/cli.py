"""The project's command line: Kedro's own, with errors that a person can act on."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from contextlib import contextmanager
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
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from kedro.io import DataCatalog

    from txn_kedro.stores import Stores

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
"""Errors whose message is complete; a traceback would hide it."""

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


_ENV = click.option("--env", "-e", help="Kedro environment: local (the default), sandbox or aws.")
_TABLE = click.option("--table", help="The batches' table, if several have such a batch.")
_YES = click.option("--yes", is_flag=True, help="Do not ask before it is done.")


@contextmanager
def _stores(env: str | None) -> Iterator[Stores]:
    """Open an environment's tables for a command, and report expected errors as one message."""
    from kedro.framework.project import pipelines  # noqa: PLC0415  known only once a run is on

    from txn_kedro.stores import Stores  # noqa: PLC0415

    _log_to_stderr()
    try:
        with KedroSession.create(env=env) as session:
            context = cast("KedroSession", session).load_context()
            with shown():
                yield Stores.of(pipelines.values(), cast("DataCatalog", context.catalog))
    except EXPECTED as error:
        raise RunFailed(str(error)) from error


@cli.command(context_settings=CONTEXT_SETTINGS)
@_ENV
@click.option(
    "--verify",
    is_flag=True,
    help="Compare every loaded batch's manifest with the ledger, not only changed ones.",
)
@click.option(
    "--withdraw", metavar="BATCH", help="Show what kedro withdraw BATCH would do instead."
)
@click.option("--replace", metavar="BATCH", help="Show what kedro replace BATCH would do instead.")
@_TABLE
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@stoppable()
def plan(
    env: str | None,
    verify: bool,
    withdraw: str | None,
    replace: str | None,
    table: str | None,
    as_json: bool,
) -> None:
    """Show what a load would do, and do nothing of it.

    Lists the batches of each table: loaded, pending, broken, withdrawn or superseded, their rows
    and bytes, why they are broken, and the exact SQL. Exit code 0: nothing is pending; 2: something
    is; 1: an error, or the warehouse holds a batch that was loaded from another manifest than the
    lake has now.

    With --withdraw or --replace it shows the SQL of that correction; exit code 0.
    """
    if withdraw or replace:
        _show_correction(env, withdraw, replace, table)
        return
    from txn_kedro.warehouse.plan import make_plan  # noqa: PLC0415

    with _stores(env) as stores:
        found = make_plan(
            stores.warehouse,
            {each: stores.lakes[each.name].load() for each in stores.loaded},
            evolving=[each for each in stores.loaded if stores.warehouses[each.name].evolves],
            verify=verify,
        )
    if as_json:
        write(json.dumps(found.to_dict(), indent=2))
    else:
        # The SQL stays as it is sent.
        *lines, total = found.lines()
        write("\n".join([*lines, on_terminal(total, sys.stdout)]))
    if found.differs:
        names = ", ".join(f"{batch.table} {batch.batch_id}" for batch in found.differs)
        msg = f"The warehouse and the lake disagree on {names}: see above what to do."
        raise RunFailed(msg)
    sys.exit(2 if found.is_pending else 0)


def _show_correction(
    env: str | None, withdraw: str | None, replace: str | None, table: str | None
) -> None:
    from txn_kedro.corrections import Corrections  # noqa: PLC0415
    from txn_kedro.warehouse.plan import sql_lines  # noqa: PLC0415

    if withdraw and replace:
        msg = "Use either --withdraw or --replace."
        raise click.UsageError(msg)
    with _stores(env) as stores:
        corrections = Corrections(stores, table)
        if withdraw:
            lines = sql_lines(f"withdraw {withdraw}", corrections.withdrawal(withdraw))
        else:
            lines = sql_lines(f"replace {replace}", corrections.replacement(str(replace)))
        write("\n".join(lines).rstrip())


@cli.command(context_settings=CONTEXT_SETTINGS)
@click.argument("batches", metavar="BATCH...", nargs=-1, required=True)
@_ENV
@_TABLE
@_YES
@stoppable()
def withdraw(batches: tuple[str, ...], env: str | None, table: str | None, yes: bool) -> None:
    """Take batches out of the warehouse.

    Deletes their rows and marks them in the ledger as withdrawn, each batch in one transaction. The
    lake keeps them, and a load leaves them out; kedro replace brings one back. kedro plan
    --withdraw BATCH shows the SQL.
    """
    from txn_kedro.corrections import Corrections, title  # noqa: PLC0415
    from txn_kedro.results import Withdrawn  # noqa: PLC0415

    if not yes:
        click.confirm(title("Withdraw", batches), abort=True, err=True)
    with _stores(env) as stores:
        corrections = Corrections(stores, table)
        for batch_id in batches:
            done = corrections.withdraw(batch_id)
            what = "withdrawn" if isinstance(done, Withdrawn) else "withdrawn before"
            write(f"{done.table} {done.batch_id}: {what}")


@cli.command(context_settings=CONTEXT_SETTINGS)
@click.argument("batches", metavar="BATCH...", nargs=-1, required=True)
@_ENV
@_TABLE
@_YES
@stoppable()
def replace(batches: tuple[str, ...], env: str | None, table: str | None, yes: bool) -> None:
    """Replace the loaded rows of batches.

    Deletes a batch's rows and loads its present manifest, the newest revision in the lake, in one
    transaction. Also brings a withdrawn batch back. kedro plan --replace BATCH shows the SQL.
    """
    from txn_kedro.corrections import Corrections, title  # noqa: PLC0415
    from txn_kedro.results import Loaded  # noqa: PLC0415

    if not yes:
        click.confirm(title("Replace", batches), abort=True, err=True)
    with _stores(env) as stores:
        corrections = Corrections(stores, table)
        for batch_id in batches:
            done = corrections.replace(batch_id)
            what = (
                f"replaced, {done.volume.rows:,} rows in {done.seconds:.1f} s"
                if isinstance(done, Loaded)
                else "its rows are those of the lake already"
            )
            write(f"{done.table} {done.batch_id}: {what}")


@cli.command(context_settings=CONTEXT_SETTINGS)
@_ENV
@_YES
@stoppable()
def upgrade(env: str | None, yes: bool) -> None:
    """Move a warehouse that an older version filled to the present layout.

    Once, in one transaction: the rows of batches and what the ledger knows of them stay. The
    world's tables and the ledger of the older version are kept under names that end in _version_1;
    the next load fills new ones from the lake. No loader of the older version may run after it.
    """
    from txn_kedro.warehouse.upgrade import upgrade as upgrade_warehouse  # noqa: PLC0415

    if not yes:
        click.confirm("Move the warehouse to the present layout?", abort=True, err=True)
    with _stores(env) as stores:
        lakes = {stores.lakes[table.name].lake.lake_id() for table in stores.loaded}
        if len(lakes) != 1:
            msg = f"Its batches are from one lake, but this environment has {len(lakes)}."
            raise RunFailed(msg)
        done = upgrade_warehouse(stores.warehouse, stores.loaded, *lakes)
        write("\n".join(f"{statement};" for statement in done))
        write(f"{stores.warehouse}: {'moved' if done else 'nothing to move'}.")


@cli.command(context_settings=CONTEXT_SETTINGS)
@_ENV
@stoppable()
def doctor(env: str | None) -> None:
    """Check whether this machine can write the lake and load the warehouse.

    One line for each check: the AWS identity, the lake, the warehouse, a load (on Redshift by COPY
    with its role), and the existing tables. A failed check says what to do. The checks write a
    batch of one row and load it into a table of its own; both are removed in the end. Exit code 0:
    every check passed or was skipped; 1: one failed.
    """
    from txn_kedro.doctor import Finding, examine  # noqa: PLC0415

    findings: list[Finding] = []

    def report(finding: Finding) -> None:
        findings.append(finding)
        write(on_terminal(str(finding), sys.stdout, Finding.INDENT))

    with _stores(env) as stores:
        logging.getLogger("txn_kedro.lake").setLevel(logging.WARNING)
        examine(stores, report)
    if failed := [finding.check for finding in findings if finding.passed is False]:
        msg = f"{len(failed)} of {len(findings)} checks failed: {', '.join(failed)}."
        raise RunFailed(msg)


@cli.command(context_settings=CONTEXT_SETTINGS)
@_ENV
@click.option("--older-than", help="Leave alone what is younger.  [default: 7d on S3, else 0s]")
@click.option("--yes", is_flag=True, help="Remove it. Without, it is only listed.")
@stoppable()
def tidy(env: str | None, older_than: str | None, yes: bool) -> None:
    """List, or remove, what killed runs have left in the lake.

    These are parts that no manifest commits, drafts, and unfinished uploads to S3. In a folder,
    files that a run is writing are locked and stay. S3 has no locks, so choose an --older-than that
    is longer than any run can last or be paused.
    """
    from txn_kedro import tidying  # noqa: PLC0415

    with _stores(env) as stores:
        found = []
        for lake in stores.lake_roots:
            age = _age(older_than) if older_than else tidying.default_age(lake)
            for leftover in tidying.tidy(lake, age, remove=yes):
                write(str(leftover))
                found.append(leftover)
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
