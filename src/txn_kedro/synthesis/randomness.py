"""Counter-based random bits: the same for the same key, in any order and on any thread."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Stream(IntEnum):
    """The purpose of a stream of bits; streams with different purposes are independent."""

    WORLD = 1
    ROW_COUNT = 2
    SHARD = 3
    TRAVEL = 4


class RandomBits:
    """Raw random bits for one key.

    Only raw bits of NumPy's SFC64 are used: NumPy promises that they never
    change, which it does not of its distributions.

    Args:
        seed: The run's seed.
        stream: The purpose of the bits.
        key: Non-negative integers that distinguish users of the stream.
    """

    def __init__(self, seed: int, stream: Stream, *key: int) -> None:
        self._source = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(stream, *key)))

    def uint64(self, count: int) -> npt.NDArray[np.uint64]:
        """``count`` uniform 64-bit integers."""
        return self._source.random_raw(count)

    def uint32(self, count: int) -> npt.NDArray[np.uint32]:
        """``count`` uniform 32-bit integers."""
        return self.uint64(-(-count // 2)).view(np.uint32)[:count]

    def uint16(self, count: int) -> npt.NDArray[np.uint16]:
        """``count`` uniform 16-bit integers."""
        return self.uint64(-(-count // 4)).view(np.uint16)[:count]

    def below(self, bound: int, count: int) -> npt.NDArray[np.int64]:
        """``count`` uniform integers of [0, bound), bound at most 2^31."""
        return (self.uint32(count).astype(np.int64) * bound) >> 32

    def weighted(self, weights: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
        """``count`` indices into ``weights``, each as likely as its weight.

        Args:
            weights: Non-negative, with a sum from 1 to 2^62.
            count: How many.
        """
        edges = np.cumsum(weights)
        draws = (self.uint64(count) % np.uint64(edges[-1])).astype(np.int64)
        return np.searchsorted(edges, draws, side="right")

    def order(self, count: int) -> npt.NDArray[np.int64]:
        """A random permutation of ``range(count)``."""
        return np.argsort(self.uint64(count), kind="stable")


def apportion(total: int, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Split ``total`` into whole parts in proportion to ``weights``, exactly and repeatably.

    Each part is within one of its exact share, and any run of parts within one
    of the run's share.

    Args:
        total: What to split; its product with the sum of the weights must be below 2^63.
        weights: Non-negative, not all of them zero.

    >>> apportion(10, np.array([1, 1, 2])).tolist()
    [2, 3, 5]
    """
    running = np.concatenate([[0], np.cumsum(weights)])
    edges = total * running // running[-1]
    parts: npt.NDArray[np.int64] = edges[1:] - edges[:-1]
    return parts
