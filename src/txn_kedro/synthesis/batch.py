"""A batch's plan: its id, its number of rows, and how they are cut into parts and shards."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from txn_kedro.synthesis.parameters import (
    BYTES_PER_ROW,
    MAX_PART_BYTES,
    MIN_PART_BYTES,
    ROW_BITS,
    GenerationParameters,
)
from txn_kedro.synthesis.randomness import RandomBits, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from txn_kedro.synthesis.world import WorldRecipe

GENERATOR_VERSION = 2
"""Must be raised when the same plan gives other rows or bytes."""

SHARD_ROWS = 65_536
"""Most rows of a shard, the unit of randomness and of memory, and a Parquet row group."""


def batch_id_of(execution_time: datetime) -> str:
    """Return the id of a UTC execution time; ids sort by time.

    >>> from datetime import UTC, datetime
    >>> batch_id_of(datetime(2026, 11, 22, 6, tzinfo=UTC))
    '20261122T060000Z'
    """
    return execution_time.strftime("%Y%m%dT%H%M%SZ")


@dataclass(frozen=True)
class Shard:
    """Consecutive rows that are synthesised together.

    Attributes:
        number: Among all shards of the batch, from 0.
        start: First row.
        stop: One past the last row.
    """

    number: int
    start: int
    stop: int


@dataclass(frozen=True)
class PlannedPart:
    """One Parquet file to be: its number and the shards that fill it, in order."""

    number: int
    shards: tuple[Shard, ...]


@dataclass(frozen=True)
class BatchPlan:
    """Everything that determines a batch's bytes.

    Attributes:
        execution_time: UTC, whole seconds.
        seed: The run's seed.
        world: Recipe of the world that it draws on.
        parameters: The generation parameters.
    """

    execution_time: datetime
    seed: int
    world: WorldRecipe
    parameters: GenerationParameters

    @property
    def batch_id(self) -> str:
        """The batch's id."""
        return batch_id_of(self.execution_time)

    @property
    def epoch_second(self) -> int:
        """The execution time in seconds since 1970."""
        return int(self.execution_time.timestamp())

    @property
    def first_transaction_id(self) -> int:
        """The id of row 0; row n has n more, and no two batches share one."""
        return self.epoch_second << ROW_BITS

    @property
    def rows(self) -> int:
        """Between the bounds, by the batch's own seed and the weight of its weekday."""
        low, high = self.parameters.min_rows, self.parameters.max_rows
        weights = self.parameters.weekday_weights
        draw = int(RandomBits(self.seed, Stream.ROW_COUNT, self.epoch_second).uint32(1)[0])
        today = weights[self.execution_time.weekday()]
        return low + draw * (high - low + 1) * today // (max(weights) << 32)

    @property
    def part_count(self) -> int:
        """As asked for, or 8 where that leaves parts of a good size."""
        if self.parameters.parts != "auto":
            return self.parameters.parts
        parts, size = 8, self.rows * BYTES_PER_ROW
        while parts > 1 and size // parts < 2 * MIN_PART_BYTES:
            parts //= 2
        while size // parts > MAX_PART_BYTES // 2:
            parts *= 2
        return parts

    def parts(self) -> Iterator[PlannedPart]:
        """The parts in order; their sizes differ by one row at most."""
        rows, count, number = self.rows, self.part_count, 0
        for part in range(count):
            start, size = rows * part // count, rows * (part + 1) // count - rows * part // count
            pieces = -(-size // SHARD_ROWS)
            edges = [start + size * piece // pieces for piece in range(pieces + 1)]
            shards = [Shard(number + place, *edge) for place, edge in enumerate(pairwise(edges))]
            number += pieces
            yield PlannedPart(part, tuple(shards))

    @property
    def configuration(self) -> dict[str, Any]:
        """Everything that determines the bytes besides the execution time, as JSON."""
        return {
            "seed": self.seed,
            "world": {
                "fingerprint": self.world.fingerprint,
                "locales": list(self.world.locales),
                "customers": self.world.customers,
                "merchants": self.world.merchants,
            },
            "generation": self.parameters.of_the_data(),
        }
