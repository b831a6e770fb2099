import numpy as np
import pytest

from txn_kedro.synthesis.randomness import RandomBits, Stream, apportion


def test_the_same_key_gives_the_same_bits():
    once, again = (RandomBits(7, Stream.SHARD, 1, 2).uint64(1000) for _ in range(2))
    assert np.array_equal(once, again)


@pytest.mark.parametrize(
    "other",
    [
        RandomBits(8, Stream.SHARD, 1, 2),
        RandomBits(7, Stream.WORLD, 1, 2),
        RandomBits(7, Stream.SHARD, 1, 3),
        RandomBits(7, Stream.SHARD, 1, 2, 0),
    ],
    ids=["seed", "stream", "key", "longer key"],
)
def test_another_key_gives_other_bits(other):
    bits = RandomBits(7, Stream.SHARD, 1, 2).uint64(100)
    assert not np.array_equal(bits, other.uint64(100))


def test_the_bits_are_those_of_yesterday():
    assert RandomBits(7, Stream.SHARD, 1).uint64(2).tolist() == [
        5849679718372156974,
        1563587554715122338,
    ]


def test_weighted_draws_follow_the_weights():
    drawn = RandomBits(7, Stream.WORLD).weighted(np.array([0, 1, 3]), 40_000)
    share = np.bincount(drawn, minlength=3) / 40_000
    assert share == pytest.approx([0, 0.25, 0.75], abs=0.01)


def test_below_stays_below_its_bound_and_reaches_it():
    drawn = RandomBits(7, Stream.WORLD).below(3, 1000)
    assert set(drawn.tolist()) == {0, 1, 2}


def test_order_is_a_permutation():
    assert sorted(RandomBits(7, Stream.WORLD).order(50).tolist()) == list(range(50))


@pytest.mark.parametrize("total", [0, 1, 7, 999_983])
def test_apportioning_loses_nothing_and_is_off_by_less_than_one(total):
    weights = np.array([5, 0, 1, 3, 11])
    parts = apportion(total, weights)
    assert parts.sum() == total
    assert np.all(np.abs(parts - total * weights / weights.sum()) < 1)
