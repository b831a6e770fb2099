import hashlib

import numpy as np
import pytest

from txn_kedro.synthesis.amounts import draw_amounts, in_currency, quantile_table, to_coins
from txn_kedro.synthesis.market import CATEGORY_NAMES, CURRENCY_CODES
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.reference import CATEGORIES

USD, JPY = (CURRENCY_CODES.index(code) for code in ("USD", "JPY"))


def amounts_of(category: str, rows: int = 50_000) -> np.ndarray:
    bits = RandomBits(7, Stream.SHARD)
    code = np.full(rows, CATEGORY_NAMES.index(category), np.int32)
    dollars, no = np.full(rows, USD, np.int32), np.zeros(rows, np.bool_)
    return draw_amounts(code, dollars, no, bits.uint16(rows), bits.uint16(rows))


@pytest.mark.parametrize("category", ["groceries", "airlines", "electronics"])
def test_amounts_are_log_normal_within_a_category(category):
    expected = CATEGORIES[CATEGORY_NAMES.index(category)]
    logs = np.log(amounts_of(category) / 100)
    assert np.median(logs) == pytest.approx(np.log(expected.median_usd), abs=0.02)
    assert logs.std() == pytest.approx(expected.sigma, abs=0.02)
    skew = np.mean(((logs - logs.mean()) / logs.std()) ** 3)
    assert abs(skew) < 0.05


def test_the_table_made_with_exp_is_the_same_on_every_machine():
    base, _ = quantile_table()
    assert hashlib.sha256(base.astype("<i8").tobytes()).hexdigest()[:16] == "1938451efa8bfdde"


def test_currencies_without_minor_units_get_whole_amounts():
    cents = np.array([1, 99, 12_345])
    amounts = in_currency(cents, np.full(3, JPY, np.int32), np.zeros(3, np.bool_))
    assert amounts.tolist() == [100, 14_800, 1_851_700]


def test_cash_machines_give_notes_and_at_least_one():
    amounts = np.array([100, 8_765, 2_000])
    notes = to_coins(amounts, np.full(3, USD, np.int32), np.ones(3, np.bool_))
    assert notes.tolist() == [2_000, 8_000, 2_000]


def test_nothing_costs_nothing():
    assert to_coins(np.array([0]), np.array([USD], np.int32), np.zeros(1, np.bool_)).tolist() == [1]
