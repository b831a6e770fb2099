from datetime import UTC, datetime

import numpy as np
import pytest

from txn_kedro.synthesis.parameters import HourWeights
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.times import HOUR_US, DayShape

SUNDAY, MONDAY = datetime(2026, 11, 22, 6, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)
WEIGHTS = HourWeights(weekday=[0] * 8 + [2] * 8 + [1] * 8, weekend=[1] * 24)
DAY_US = 24 * HOUR_US


def times(shape, start, stop):
    return shape.times(start, stop, RandomBits(7, Stream.SHARD).uint32(stop - start))


def test_hours_get_rows_by_their_weights():
    shape = DayShape.of(MONDAY, 2400, WEIGHTS)
    assert shape.hours_of(0, 2400).tolist() == [0] * 8 + [200] * 8 + [100] * 8


def test_the_weekend_has_a_shape_of_its_own():
    assert DayShape.of(SUNDAY, 2400, WEIGHTS).hours_of(0, 2400).tolist() == [100] * 24


def test_times_ascend_within_the_execution_date_and_their_hours():
    drawn = times(DayShape.of(MONDAY, 2400, WEIGHTS), 0, 2400)
    midnight = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()) * 1_000_000
    assert np.all(np.diff(drawn) >= 0)
    assert drawn[0] >= midnight + 8 * HOUR_US
    assert drawn[-1] < midnight + DAY_US
    assert np.bincount((drawn - midnight) // HOUR_US).tolist() == [0] * 8 + [200] * 8 + [100] * 8


@pytest.mark.parametrize("cut", [0, 1, 199, 200, 201, 1999, 2400])
def test_a_cut_anywhere_leaves_both_sides_in_order(cut):
    shape = DayShape.of(MONDAY, 2400, WEIGHTS)
    both = np.concatenate([times(shape, 0, cut), times(shape, cut, 2400)])
    assert len(both) == 2400
    assert np.all(np.diff(both) >= 0)
