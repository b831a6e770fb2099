"""Ends a run at once when Ctrl-C or SIGTERM asks for it, wherever the run is at that moment.

The signal raises ``Stopped`` in the main thread. Python cannot do that while the main thread is in
a library written in C, nor in any other thread. So a thread watches for signals too: it runs what
the work in hand has named by ``on_stop``, and long work in other threads calls ``check``.
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
"""Seconds after which a process that was asked to stop exits, whatever it waits for."""

_PAUSE = 0.2


class Stopped(KeyboardInterrupt):
    """The run was asked to stop.

    Attributes:
        number: The signal that asked for it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that the signal ended."""
        return 128 + self.number

    def __str__(self) -> str:
        by = "Ctrl-C" if self.number is signal.SIGINT else self.number.name
        return (
            f"Stopped by {by}: committed and loaded batches stay,\n"
            "an unfinished one does not count, and the next run loads what is pending."
        )


NO_THREAD = re.compile("can't start new thread|Failed to launch worker thread")
"""What Python and Arrow say if the system refuses a thread."""


class ThreadRefused(click.ClickException, RuntimeError):
    """The system refused a thread."""

    def __init__(self) -> None:
        super().__init__(
            "The system refused a thread. Raise its limit (ulimit -u, or pids of the container), "
            "then run again. Committed and loaded batches stay."
        )


@dataclass
class _Request:
    """What was asked of this process.

    Attributes:
        number: The signal that asked the run to stop; None if none has.
        raised: Whether ``Stopped`` was raised in the main thread.
        said: Whether it was printed.
    """

    number: int | None = None
    raised: bool = False
    said: bool = False


_request = _Request()
_actions: list[Callable[[], object]] = []


def check() -> None:
    """Go on, unless the run was asked to stop.

    Raises:
        Stopped: It was.
    """
    if _request.number is not None:
        raise Stopped(_request.number)


@contextmanager
def on_stop(action: Callable[[], object]) -> Iterator[None]:
    """Run an action if the run is asked to stop while the block lasts.

    Another thread does so at once, and this one if the block ends before that.

    Args:
        action: Makes whatever the block waits for end soon. It may run several times, and its
            errors are ignored.

    Raises:
        Stopped: It was asked to before.
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
    """Let SIGINT and SIGTERM end the block, say so in one sentence, and exit with 130 or 143.

    A signal that is ignored stays ignored. A block within a block ends before it, in the same way.
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
        _request.number, _request.raised, _request.said = None, False, False


@contextmanager
def _exiting() -> Iterator[None]:
    """If the block was asked to stop, say so and exit."""
    try:
        yield
    except BaseException:
        # A library may have turned what was raised into an error of its own.
        if _request.number is None:
            raise
        sys.exit(_say(Stopped(_request.number)))


def _handle(number: int, _frame: FrameType | None) -> None:
    """Raise, but once: `timeout`, for one, sends its signal twice."""
    _request.number = _request.number or number
    if not _request.raised:
        _request.raised = True
        raise Stopped(_request.number)


_LEFT_ALONE = (signal.SIG_IGN, _handle)


@contextmanager
def _watched() -> Iterator[None]:
    """Run the actions while the block lasts, as soon as a signal arrives."""
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
            os._exit(_say(Stopped(_request.number)))
        finished.wait(_PAUSE)


def _say(stopped: Stopped) -> int:
    """Print that it was stopped, once. The exit code."""
    if _request.said:
        return stopped.exit_code
    _request.said = True
    with suppress(OSError, ValueError):
        # A bar may have hidden the cursor.
        cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{cursor}{stopped}\n")
        sys.stderr.flush()
    return stopped.exit_code
