"""A measured figure, and how measurements are taken."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One line of the report; a figure without a target is there to understand the others."""

    measure: str
    value: float
    unit: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.measure:<64} {f'{self.value:,.2f} {self.unit}':>18} {self.target:>10}"


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def median_ratio(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float, float]:
    """Time two actions in turn, so that a drift of the machine meets both.

    Returns:
        The medians of the ratio round by round, of our seconds and of theirs.
    """
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return (
        statistics.median(a / b for a, b in pairs),
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
    )


def run_process(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Run a command. Its wall seconds, and the most memory that it held, in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(output.decode())
    return took, usage.ru_maxrss / 1024
