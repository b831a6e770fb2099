"""When transactions happen: the shape of the day, sorted without sorting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from txn_kedro.synthesis.randomness import apportion

if TYPE_CHECKING:
    from datetime import datetime

    from txn_kedro.synthesis.parameters import HourWeights

Ints = npt.NDArray[np.int64]

HOUR_US = 3_600_000_000
_SATURDAY = 5


@dataclass(frozen=True)
class DayShape:
    """How the rows of one batch are spread over the hours of its execution date.

    Attributes:
        midnight_us: Start of the date, microseconds since 1970 UTC.
        edges: 25 row numbers; hour h has the rows from ``edges[h]`` up to ``edges[h + 1]``.
    """

    midnight_us: int
    edges: Ints

    @classmethod
    def of(cls, execution_time: datetime, rows: int, weights: HourWeights) -> DayShape:
        """The shape that the weights give ``rows`` rows on the date of ``execution_time`` (UTC)."""
        midnight = execution_time.replace(hour=0, minute=0, second=0, microsecond=0)
        today = weights.weekend if execution_time.weekday() >= _SATURDAY else weights.weekday
        per_hour = apportion(rows, np.array(today, dtype=np.int64))
        edges = np.concatenate([[0], np.cumsum(per_hour)])
        return cls(int(midnight.timestamp()) * 1_000_000, edges)

    def hours_of(self, start: int, stop: int) -> Ints:
        """How many of the rows ``start`` to ``stop`` each of the 24 hours has."""
        inside = np.clip(self.edges, start, stop)
        return inside[1:] - inside[:-1]

    def times(self, start: int, stop: int, bits: npt.NDArray[np.uint32]) -> Ints:
        """Event times of the rows ``start`` to ``stop``, ascending, in microseconds since 1970.

        Each hour is cut into as many equal slots as it has rows, and each row
        falls at random within its own.
        """
        times = np.empty(stop - start, np.int64)
        for hour, rows in enumerate(self.hours_of(start, stop).tolist()):
            if not rows:
                continue
            first, in_hour = self.edges[hour], self.edges[hour + 1] - self.edges[hour]
            begin = max(int(first), start)
            here = slice(begin - start, begin - start + rows)
            slot = np.arange(begin - first, begin - first + rows, dtype=np.float64)
            slot += bits[here] * 2.0**-32
            slot *= HOUR_US / in_hour
            offset = np.minimum(slot.astype(np.int64), HOUR_US - 1)
            times[here] = offset + (self.midnight_us + hour * HOUR_US)
        return times
