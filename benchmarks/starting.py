"""``make run`` in a clean clone: with no environment, and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.batches import ROOT
from benchmarks.figures import Figure, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def measure(folder: Path) -> Iterator[Figure]:
    """The figures of this section."""
    clone = folder / "clone"
    run_process(["git", "clone", "--quiet", str(ROOT), str(clone)], folder)
    yield Figure("make run in a clean clone", run_process(["make", "run"], clone)[0], "s", "< 240")
    yield Figure("make run again", run_process(["make", "run"], clone)[0], "s", "< 15")
