"""What a person sees: on a terminal colour and a progress bar, elsewhere plain lines."""

from __future__ import annotations

import logging
import os
import re
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import Progress

_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}
_LABELS = "bright_blue"
_INDENT = 17


class _Display:
    """The bars that are shown, if any; several threads may add theirs."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.idle: Any = None
        self.bars = 0
        self.lock = threading.Lock()


_display = _Display()


@contextmanager
def shown() -> Iterator[None]:
    """Log to the standard output by ``Handler`` while the block lasts, and show progress there.

    Only the commands do: nothing is drawn in a task of Airflow or where output is piped.
    """
    with _handlers(), _bars():
        yield


@contextmanager
def _handlers() -> Iterator[None]:
    """Put ``Handler`` in the place of those that log to the standard output.

    Kedro lets no configuration of logging name a class of the project.
    """
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    replaced = [
        (logger, handler, Handler.like(handler))
        for logger in loggers
        for handler in logger.handlers
        if type(handler) is logging.StreamHandler and handler.stream is sys.stdout
    ]
    for logger, theirs, ours in replaced:
        logger.removeHandler(theirs)
        logger.addHandler(ours)
    try:
        yield
    finally:
        for logger, theirs, ours in replaced:
            logger.removeHandler(ours)
            logger.addHandler(theirs)


@contextmanager
def _bars() -> Iterator[None]:
    if _display.progress or not sys.stdout.isatty() or os.environ.get("TERM") in {None, "dumb"}:
        yield
        return
    from rich.console import Console  # noqa: PLC0415  only on a terminal
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[counts]}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        console=Console(file=sys.stdout, highlight=False),
        refresh_per_second=5,
        transient=True,
    )
    with progress:
        _display.progress = progress
        _display.idle = progress.add_task("Working", total=None, counts="", rate="")
        try:
            yield
        finally:
            _display.progress = None


@contextmanager
def bar(
    description: str, total: int | None = None, unit: str = "rows"
) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with the elapsed time while the block lasts, on a terminal only.

    Args:
        description: What is done.
        total: Number of steps; None if only the time is known.
        unit: What a step is.

    Yields:
        A function to call with the number of steps that were done and of their rows.
    """
    progress = _display.progress
    if progress is None:
        yield lambda _steps, _rows: None
        return
    counts = "" if total is None else f"0/{total:,} {unit}"
    task = progress.add_task(description, total=total, counts=counts, rate="")
    begin, done, rows = time.monotonic(), 0, 0

    def advance(steps: int, more_rows: int) -> None:
        nonlocal done, rows
        with _display.lock:
            done, rows = done + steps, rows + more_rows
            rate = f"{rows / max(time.monotonic() - begin, 1e-3):,.0f} rows/s"
        progress.update(task, completed=done, counts=f"{done:,}/{total:,} {unit}", rate=rate)

    _count(progress, 1)
    try:
        yield advance
    finally:
        progress.refresh()
        progress.remove_task(task)
        _count(progress, -1)


def _count(progress: Progress, change: int) -> None:
    """Show the line that says only "Working" while there is no other."""
    with _display.lock:
        _display.bars += change
        progress.update(_display.idle, visible=_display.bars == 0)
    progress.refresh()


def wrapped(text: str, width: int, indent: int = 0) -> str:
    """Text whose lines are not wider than a terminal, where that breaks no id, path or URL."""
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=" " * (indent if at == 0 else _own_indent(line)),
            break_long_words=False,
            break_on_hyphens=False,
        )
        if len(line) > width
        else line
        for at, line in enumerate(text.split("\n"))
    )


def _own_indent(line: str) -> int:
    """Where a line's text goes on if it is broken: below its own, or below that of its label."""
    label = re.match(r"  \w+ {2,}", line)
    return label.end() if label else len(line) - len(line.lstrip()) + 2


def on_terminal(text: str, stream: TextIO | None = None) -> str:
    """The text as it is, or wrapped if a stream is a terminal; by default the standard error."""
    stream = stream or sys.stderr
    if not stream.isatty():
        return text
    return wrapped(text, os.get_terminal_size(stream.fileno()).columns or 80)


class Handler(logging.StreamHandler[Any]):
    """Writes log lines, above the bars if there are any.

    If the reader of the standard output has gone, as in ``kedro run | head -1``, the rest is
    written to nowhere: a run must do its work, whoever watches.
    """

    @classmethod
    def like(cls, other: logging.StreamHandler[Any]) -> Handler:
        """One with the stream, level and format of another."""
        handler = cls(other.stream)
        handler.setLevel(other.level)
        handler.setFormatter(other.formatter)
        return handler

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        progress = _display.progress
        if progress is None:
            super().emit(record)
            return
        try:
            self._print(progress.console, record)
        except Exception:
            self.handleError(record)

    def _print(self, console: Console, record: logging.LogRecord) -> None:
        from rich.text import Text  # noqa: PLC0415  only on a terminal

        text = Text(wrapped(self.format(record), console.width, _INDENT))
        if style := _STYLES.get(record.levelno):
            text.stylize(style)
        else:
            text.highlight_regex(r"^\d\d:\d\d:\d\d \w+", "dim")
            text.highlight_regex(r"(?m)^  [A-Z]\w+ ", _LABELS)
        console.print(text, soft_wrap=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Go on in silence if nobody reads any more, or if it cannot be written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        silence()
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"The log cannot be written ({error.strerror}); the run goes on.\n")


def silence() -> None:
    """Write what is still to come on the standard output to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def write(text: str) -> None:
    """Write a line to the standard output, as far as somebody reads it.

    Raises:
        click.ClickException: It cannot be written.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        msg = f"The standard output cannot be written: {error.strerror}."
        raise click.ClickException(msg) from error
