"""Runs things in child processes that start at once and may be killed between any two lines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.paths import ROOT

KILLED = -signal.SIGKILL


def run_program(module: str, *arguments: object) -> str:
    """Run a program that forks. What it prints.

    Its coverage is not measured: children that are killed, or end by ``_exit``, tell of none.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={name: v for name, v in os.environ.items() if not name.startswith("COVERAGE_PROCESS")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def spawn(action: Callable[[], object]) -> int:
    """Start an action in a child process. Its process id."""
    child = os.fork()
    if child:
        return child
    try:
        action()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def wait(child: int) -> int:
    """Wait for a child. Its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at_line(number: int, files: tuple[str, ...], action: Callable[[], object]) -> None:
    """Run an action, and kill this process when it comes to the n-th line of some files.

    Lines are counted over all threads.
    """
    left = number

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    action()
    sys.settrace(None)
