from datetime import UTC, datetime
from itertools import pairwise

import pytest

from txn_kedro.synthesis.batch import SHARD_ROWS, batch_id_of
from txn_kedro.synthesis.examples import small_plan

NOON = "2026-11-22T12:00:00Z"


def plan(rows=1000, when=NOON, **changes):
    return small_plan(when, rows, **changes)


def test_a_batch_id_is_its_execution_time():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert batch_id_of(noon) == "20261122T120000Z"


def test_rows_lie_between_the_bounds_and_differ_from_batch_to_batch():
    bounds = {"min_rows": 1000, "max_rows": 2000}
    rows = {plan(when=f"2026-11-{day:02}", **bounds).rows for day in range(1, 29)}
    assert min(rows) >= 1000
    assert max(rows) <= 2000
    assert len(rows) > 20


def test_a_busier_weekday_has_larger_batches():
    # Sundays weigh half of what Mondays do.
    shape = {"min_rows": 1, "max_rows": 1_000_000, "weekday_weights": [2, 1, 1, 1, 1, 1, 1]}
    mondays = [plan(when=f"2026-11-02T12:00:{s:02}", **shape).rows for s in range(60)]
    sundays = [plan(when=f"2026-11-01T12:00:{s:02}", **shape).rows for s in range(60)]
    assert max(sundays) <= 500_001
    assert 1.4 < sum(mondays) / sum(sundays) < 2.8


@pytest.mark.parametrize("rows", [1, 7, 1000, 500_000, 1_000_003, 30_000_000])
def test_parts_and_shards_cover_every_row_once_in_order(rows):
    shards = [shard for part in plan(rows).parts() for shard in part.shards]
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert shards[0].start == 0
    assert shards[-1].stop == rows
    assert all(one.stop == next_.start for one, next_ in pairwise(shards))
    assert all(0 < shard.stop - shard.start <= SHARD_ROWS for shard in shards)


@pytest.mark.parametrize(
    ("rows", "parts"),
    [(1, 1), (100_000, 1), (300_000, 4), (500_000, 8), (1_000_000, 8), (10**9, 64)],
)
def test_auto_makes_parts_of_a_good_size(rows, parts):
    assert plan(rows).part_count == parts


def test_parts_are_of_like_size():
    sizes = {part.shards[-1].stop - part.shards[0].start for part in plan(1_000_003).parts()}
    assert max(sizes) - min(sizes) <= 1


def test_transaction_ids_of_neighbouring_batches_never_meet():
    this, next_second = plan(10**9), plan(1, when="2026-11-22T12:00:01Z")
    assert this.first_transaction_id + this.rows <= next_second.first_transaction_id
    assert plan(1, when="2199-12-31T23:59:59Z").first_transaction_id + 2**30 < 2**63


def test_the_configuration_has_seed_and_settings_but_not_the_workers():
    base = plan().configuration
    assert plan(workers=3).configuration == base
    assert plan(seed=8).configuration != base
    assert plan(fraud_share=0.001).configuration != base
