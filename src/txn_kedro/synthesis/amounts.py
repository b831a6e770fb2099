"""How much: log-normal within a category, in the merchant's currency."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from txn_kedro.synthesis.market import CURRENCY_CODES
from txn_kedro.synthesis.reference import CATEGORIES, CURRENCIES, Category

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

_QUANTILES = 4096
_BY_CODE = {currency.code: currency for currency in CURRENCIES.values()}
_RATES = np.array([int(_BY_CODE[code].per_usd * 65536) for code in CURRENCY_CODES])
_SMALLEST = np.array([10 ** (2 - _BY_CODE[code].minor_digits) for code in CURRENCY_CODES])
_CASH_STEP = np.array([_BY_CODE[code].cash_step * 100 for code in CURRENCY_CODES])


@cache
def quantile_table() -> tuple[Codes, Codes]:
    """Amounts of each category at 4,096 quantiles, and the steps from each to the next.

    Returns:
        Two flat arrays indexed by ``category * 4096 + quantile``, in US cents.
    """
    normal = NormalDist()
    odds = [(quantile + 0.5) / _QUANTILES for quantile in range(_QUANTILES)]
    scores = [normal.inv_cdf(p) for p in [*odds, 1 - 0.25 / _QUANTILES]]
    edges = np.array([_cents(category, scores) for category in CATEGORIES], dtype=np.int32)
    return edges[:, :-1].reshape(-1), np.diff(edges, axis=1).reshape(-1)


def _cents(category: Category, scores: list[float]) -> list[int]:
    return [round(100 * category.median_usd * math.exp(category.sigma * z)) for z in scores]


def draw_amounts(
    category: Codes,
    currency: Codes,
    is_cash: npt.NDArray[np.bool_],
    quantile: npt.NDArray[np.uint16],
    between: npt.NDArray[np.uint16],
) -> Ints:
    """An amount for each row.

    Args:
        category: Codes into ``CATEGORIES``.
        currency: Codes into ``CURRENCY_CODES``.
        is_cash: Whether it comes out of a cash machine, which gives notes only.
        quantile: Random bits that choose a quantile.
        between: Random bits that choose a point up to the next.

    Returns:
        Hundredths of the currency's unit, at least one smallest coin or note.
    """
    base, step = quantile_table()
    index = category << 12
    index += quantile >> 4
    amounts = step.take(index).astype(np.int64)
    amounts *= between
    amounts >>= 16
    amounts += base.take(index)
    return in_currency(amounts, currency, is_cash)


def in_currency(us_cents: Ints, currency: Codes, is_cash: npt.NDArray[np.bool_]) -> Ints:
    """Amounts of US cents in another currency, to its smallest coin, or note where it is cash."""
    amounts = us_cents * _RATES.take(currency)
    amounts += 32768
    amounts >>= 16
    return to_coins(amounts, currency, is_cash)


def to_coins(amounts: Ints, currency: Codes, is_cash: npt.NDArray[np.bool_]) -> Ints:
    """Round amounts down to whole coins or notes, but not to nothing; changes them in place."""
    coarse = np.flatnonzero((_SMALLEST.take(currency) > 1) | is_cash)
    unit = np.where(is_cash[coarse], _CASH_STEP[currency[coarse]], _SMALLEST[currency[coarse]])
    amounts[coarse] = amounts[coarse] // unit * unit
    amounts[coarse] = np.maximum(amounts[coarse], unit)
    return np.maximum(amounts, 1, out=amounts)
