"""Console output: colour and a progress bar on a terminal, plain lines elsewhere."""

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
    """The progress bars on the screen. Several threads may add bars."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.idle: Any = None
        self.bars = 0
        self.lock = threading.Lock()


_display = _Display()


@contextmanager
def shown() -> Iterator[None]:
    """Log to standard output through ``Handler`` inside the block, and show progress bars there.

    Only the commands use this. Airflow tasks and piped output show no bars.
    """
    with _handlers(), _bars():
        yield


@contextmanager
def _handlers() -> Iterator[None]:
    """Replace the handlers that log to standard output by ``Handler``.

    Kedro does not let a logging configuration name a class of the project.
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
    """Show a bar with the elapsed time inside the block, on a terminal only.

    Args:
        description: What is done.
        total: Number of steps; None if it is not known.
        unit: What a step is.

    Yields:
        A function to call after each advance, with the number of steps and of rows completed.
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
        of_total = "" if total is None else f"/{total:,}"
        progress.update(task, completed=done, counts=f"{done:,}{of_total} {unit}", rate=rate)

    _count(progress, 1)
    try:
        yield advance
    finally:
        progress.refresh()
        progress.remove_task(task)
        _count(progress, -1)


def _count(progress: Progress, change: int) -> None:
    """Show the "Working" line only while there are no other bars."""
    with _display.lock:
        _display.bars += change
        progress.update(_display.idle, visible=_display.bars == 0)
    progress.refresh()


def wrapped(text: str, width: int, indent: int = 0) -> str:
    """Wrap text to a width without breaking ids, paths or URLs."""
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
    """Return the indent of continuation lines: below the label's text, or 2 more than the line."""
    label = re.match(r"  \w+ {2,}", line)
    return label.end() if label else len(line) - len(line.lstrip()) + 2


def on_terminal(text: str, stream: TextIO | None = None, indent: int = 0) -> str:
    """Return text wrapped for a stream that is a terminal (default: stderr), else unchanged.

    Args:
        text: The text.
        stream: Where it is written to.
        indent: Indent of the lines that the first line is wrapped into.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        return text
    return wrapped(text, os.get_terminal_size(stream.fileno()).columns or 80, indent)


class Handler(logging.StreamHandler[Any]):
    """Write log lines, above the bars if there are any.

    If the reader of standard output has closed it, as in ``kedro run | head -1``, the remaining
    output is discarded and the run completes.
    """

    @classmethod
    def like(cls, other: logging.StreamHandler[Any]) -> Handler:
        """Create a handler with the stream, level and format of another."""
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
        """Discard further output if standard output is closed or cannot be written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        silence()
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"Cannot write the log ({error.strerror}); the run continues.\n")


def silence() -> None:
    """Discard all further standard output."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def write(text: str) -> None:
    """Write a line to standard output. A closed pipe is not an error.

    Raises:
        click.ClickException: Standard output cannot be written.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        msg = f"Cannot write to standard output: {error.strerror}."
        raise click.ClickException(msg) from error
