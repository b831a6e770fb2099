"""Stop a run immediately on Ctrl-C or SIGTERM, whatever the run is doing.

The signal raises ``Stopped`` in the main thread. Python cannot raise it while the main thread is
inside a C library, nor in any other thread. Therefore a watcher thread also waits for signals and
runs the actions registered with ``on_stop``, and long work in other threads calls ``check``.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

GRACE = 5.0
"""Seconds after a stop signal until the process exits even if something still blocks it."""

_PAUSE = 0.2


class Stopped(KeyboardInterrupt):
    """A signal asked the run to stop.

    Attributes:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)

    @property
    def exit_code(self) -> int:
        """The exit code that shells expect after this signal: 128 plus its number."""
        return 128 + self.number

    def __str__(self) -> str:
        by = "Ctrl-C" if self.number is signal.SIGINT else self.number.name
        return (
            f"Stopped by {by}. Committed and loaded batches are kept,\n"
            "an unfinished batch is not, and the next run loads what is pending."
        )


NO_THREAD = re.compile("can't start new thread|Failed to launch worker thread")
"""Matches the errors of Python and Arrow when the system refuses a thread."""


class ThreadRefused(click.ClickException, RuntimeError):
    """The system refused a thread."""

    def __init__(self) -> None:
        super().__init__(
            "The system refused to start a thread. Raise the limit (ulimit -u, or the container's "
            "pids limit), then run again. Committed and loaded batches are kept."
        )


@dataclass
class _Request:
    """The state of a request to stop this process.

    Attributes:
        number: The signal that asked the run to stop, or None.
        raised: Whether ``Stopped`` was raised in the main thread.
        printed: Whether the message was printed.
    """

    number: int | None = None
    raised: bool = False
    printed: bool = False


_request = _Request()
_actions: list[Callable[[], object]] = []


def check() -> None:
    """Raise ``Stopped`` if the run was asked to stop.

    Raises:
        Stopped: The run was asked to stop.
    """
    if _request.number is not None:
        raise Stopped(_request.number)


@contextmanager
def on_stop(action: Callable[[], object]) -> Iterator[None]:
    """Run an action if the run is asked to stop while the block executes.

    The watcher thread runs it immediately. If the signal ends the block first, this thread runs it.

    Args:
        action: Makes the operation that the block waits for end soon. It may run several times,
            and its errors are ignored.

    Raises:
        Stopped: The run was asked to stop before the block started.
    """
    _actions.append(action)
    try:
        check()
        yield
    except BaseException:
        if _request.number is not None:
            _attempt(action)
        raise
    finally:
        _actions.remove(action)


def _attempt(action: Callable[[], object]) -> None:
    with suppress(Exception):
        action()


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the block, print a message, and exit with 130 or 143.

    Ignored signals stay ignored. Blocks may be nested: the inner one ends first.
    """
    taken = [number for number in SIGNALS if signal.getsignal(number) not in _LEFT_ALONE]
    if threading.current_thread() is not threading.main_thread() or not taken:
        with _exiting():
            yield
        return
    before = {number: signal.signal(number, _handle) for number in taken}
    try:
        with _exiting(), _watched():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _request.number, _request.raised, _request.printed = None, False, False


@contextmanager
def _exiting() -> Iterator[None]:
    """If the block was asked to stop, print the message and exit."""
    try:
        yield
    except BaseException:
        # A library may have replaced Stopped by an error of its own.
        if _request.number is None:
            raise
        sys.exit(_report(Stopped(_request.number)))


def _handle(number: int, _frame: FrameType | None) -> None:
    """Raise ``Stopped`` only once: for example, `timeout` sends its signal twice."""
    _request.number = _request.number or number
    if not _request.raised:
        _request.raised = True
        raise Stopped(_request.number)


_LEFT_ALONE = (signal.SIG_IGN, _handle)


@contextmanager
def _watched() -> Iterator[None]:
    """Run the actions as soon as a signal arrives while the block executes."""
    arrivals, sender = socket.socketpair()
    sender.setblocking(False)
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    finished = threading.Event()
    watcher = threading.Thread(target=_watch, args=(arrivals, finished), name="stopping")
    watcher.daemon = True
    try:
        _start(watcher)
        yield
    finally:
        finished.set()
        signal.set_wakeup_fd(before)
        sender.close()
        if watcher.ident is not None:
            watcher.join()
        arrivals.close()


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except RuntimeError as error:
        raise ThreadRefused from error


def _watch(arrivals: socket.socket, finished: threading.Event) -> None:
    while (received := arrivals.recv(1)) and received[0] not in SIGNALS:
        pass
    if not received:
        return
    _request.number = _request.number or received[0]
    end = time.monotonic() + GRACE
    while not finished.is_set():
        for action in tuple(_actions):
            _attempt(action)
        if time.monotonic() > end:
            os._exit(_report(Stopped(_request.number)))
        finished.wait(_PAUSE)


def _report(stopped: Stopped) -> int:
    """Print the message unless it was printed already, and return the exit code."""
    if _request.printed:
        return stopped.exit_code
    _request.printed = True
    with suppress(OSError, ValueError):
        # A progress bar may have hidden the cursor.
        cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{cursor}{stopped}\n")
        sys.stderr.flush()
    return stopped.exit_code
