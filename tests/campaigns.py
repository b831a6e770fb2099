"""How much the campaigns do: a sample that a seed draws, or everything."""

from __future__ import annotations

import os
import random

SEED_VARIABLE = "TXN_TEST_SEED"
LONG = bool(os.environ.get("TXN_TEST_LONG"))


def new_seed() -> str:
    return str(random.SystemRandom().randrange(1_000_000))


def seed() -> int:
    """What draws the sample; conftest.py sets it once for all processes of the tests."""
    return int(os.environ.get(SEED_VARIABLE, "0"))


def draw() -> random.Random:
    return random.Random(seed())  # noqa: S311  it draws samples, no secrets


def amount(sample: int, whole: int) -> int:
    """How often to do something: in `make test`, and in `make test-long`."""
    return whole if LONG else sample


def every(sample: int, whole: int) -> range:
    """Every ``sample``-th whole number from one that the seed draws, or every ``whole``-th."""
    step = amount(sample, whole)
    return range(1 + seed() % step, 10_000, step)
