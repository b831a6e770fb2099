"""How long the tests wait for what another process or thread does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Found = TypeVar("Found")

# A machine with many times more work than cores is that much slower.
FACTOR = float(os.environ.get("TXN_TEST_PATIENCE", "20"))


def patience(seconds: float) -> float:
    """How long to wait, in seconds, for what takes ``seconds`` on a quiet machine."""
    return seconds * FACTOR


def wait_until(
    condition: Callable[[], Found],
    seconds: float,
    pause: float = 0.05,
    explain: Callable[[], str] = str,
) -> Found:
    """Wait until a condition is true, and return its value.

    Args:
        condition: Called again and again.
        seconds: How long it takes on a quiet machine.
        pause: Seconds between two calls.
        explain: What to add to the failure if it does not become true.
    """
    limit = patience(seconds)
    deadline = time.monotonic() + limit
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"It did not happen within {limit:.0f} s. {explain()}")
        time.sleep(pause)
    return found
