"""A pattern of fraud is one entry, and an entry that lacks a part is no pattern."""

from dataclasses import replace

import numpy as np
import pytest

from tests.paths import ROOT
from txn_kedro.synthesis.examples import small_plan, small_world
from txn_kedro.synthesis.fraud_patterns import PATTERNS, FraudPattern, checked
from txn_kedro.synthesis.transactions import Synthesiser

GIFT_CARDS = FraudPattern(
    name="gift_cards",
    meaning="many gift cards of one value",
    share=40,
    strikes=4,
    gap_seconds=60,
    place="online",
    us_cents=(10_000, 10_001),
    declined=100,
)


def test_a_fourth_pattern_is_one_more_entry():
    plan = small_plan("2026-11-22", 60_000, fraud_share=0.05)
    fewer = [replace(pattern, share=20) for pattern in PATTERNS]
    patterns = checked(*fewer, GIFT_CARDS)
    (part,) = plan.parts()
    (shard,) = [Synthesiser(plan, small_world(), patterns).shard(shard) for shard in part.shards]
    frame = shard.to_pandas()
    counts = frame["fraud_pattern"].value_counts()
    assert set(counts.index) == {pattern.name for pattern in patterns}
    scams = frame[frame["fraud_pattern"] == "gift_cards"]
    assert 0.25 < len(scams) / counts.sum() < 0.55
    assert set(scams["status"]) == {"declined"}
    assert set(scams["decline_reason"]) == {"suspected_fraud"}
    assert set(scams["channel"]) == {"ecommerce"}
    dollars = scams[scams["currency"] == "USD"]["amount"].astype(float)
    assert len(dollars) > 0
    assert np.allclose(dollars, 100, atol=0.01)


@pytest.mark.parametrize("part", FraudPattern.__dataclass_fields__)
def test_a_pattern_that_lacks_a_part_is_refused(part):
    given = {name: getattr(GIFT_CARDS, name) for name in FraudPattern.__dataclass_fields__}
    del given[part]
    with pytest.raises(TypeError, match=part):
        FraudPattern(**given)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": ""}, "a name of 1 to 20 letters"),
        ({"name": "a" * 21}, "a name of 1 to 20 letters"),
        ({"meaning": ""}, "a meaning"),
        ({"share": 0}, "a share from 1 to 100"),
        ({"strikes": 0}, "a strikes of 1 or more"),
        ({"gap_seconds": 0}, "a gap_seconds above 0"),
        ({"place": "nowhere"}, "a place of online, abroad"),
        ({"us_cents": (5, 4)}, "a us_cents that ascend from 1 or more"),
        ({"declined": 101}, "a declined from 0 to 100"),
    ],
)
def test_a_part_that_makes_no_sense_is_refused(change, expected):
    with pytest.raises(ValueError, match=f"Fraud pattern '.*': expected {expected}"):
        replace(GIFT_CARDS, **change)


def test_shares_sum_to_the_whole():
    with pytest.raises(ValueError, match="sum to 140, expected 100"):
        checked(*PATTERNS, GIFT_CARDS)


def test_two_patterns_have_two_names():
    with pytest.raises(ValueError, match="have one name"):
        checked(*PATTERNS, PATTERNS[0])


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_the_docs_tell_of_every_pattern(pattern):
    told = " ".join((ROOT / "docs/data.md").read_text().split())
    assert f"`{pattern.name}` ({pattern.meaning})" in told
