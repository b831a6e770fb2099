"""Where fraud strikes, mostly by night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from txn_kedro.synthesis.market import LOCAL, ONLINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.synthesis.fraud_patterns import FraudPattern
    from txn_kedro.synthesis.market import Market
    from txn_kedro.synthesis.randomness import RandomBits

Ints = npt.NDArray[np.int64]
Rows = tuple[Ints, Ints, Ints, Ints]
"""Row numbers, cards, merchants and patterns: what becomes of some rows."""

OWN_PURCHASE = -1

NIGHT_HOURS = (22, 23, 0, 1, 2, 3, 4, 5)
_HOUR_WEIGHTS = np.array([16 if hour in NIGHT_HOURS else 1 for hour in range(24)])
_SECOND_US = 1_000_000


@dataclass(frozen=True)
class Incidents:
    """The rows of a shard that fraud changes; arrays of one length.

    Attributes:
        rows: Row numbers within the shard, distinct.
        cards: Whose card each strikes, by its index.
        merchants: Where, by its index.
        patterns: Places in the list of patterns, or ``OWN_PURCHASE`` for that of the
            holder which fraud abroad starts from.
    """

    rows: Ints
    cards: Ints
    merchants: Ints
    patterns: Ints


def plan_incidents(
    share: float,
    times: Ints,
    rows_by_hour: Ints,
    day_rows_by_hour: Ints,
    market: Market,
    bits: RandomBits,
    patterns: Sequence[FraudPattern],
) -> Incidents:
    """Decide which rows of a shard a fraudster takes over.

    Args:
        share: Part of the batch's transactions that shall be fraud.
        times: Event times of the shard, ascending, in microseconds.
        rows_by_hour: How many rows of the shard each hour has.
        day_rows_by_hour: How many rows of the batch each hour has.
        market: Where cards and merchants are found.
        bits: The shard's random bits.
        patterns: How fraud unfolds.
    """
    weights = rows_by_hour * _HOUR_WEIGHTS
    tilt = float(weights.sum()) * float(day_rows_by_hour.sum())
    tilt /= float((day_rows_by_hour * _HOUR_WEIGHTS).sum()) * 100
    found: list[Rows] = []
    for code, pattern in enumerate(patterns):
        chance = share * pattern.share * tilt / pattern.strikes
        count = int(chance + float(bits.uint32(1)[0]) / 2**32)
        first = _anchors(count, weights, rows_by_hour, bits)
        cards = market.cards_of(bits.uint32(count))
        found.extend(_strikes(code, pattern, first, cards, times, market, bits))
    rows, cards_, merchants, codes = (np.concatenate(column) for column in zip(*found, strict=True))
    _, kept = np.unique(rows, return_index=True)
    return Incidents(rows[kept], cards_[kept], merchants[kept], codes[kept])


def _anchors(count: int, weights: Ints, rows_by_hour: Ints, bits: RandomBits) -> Ints:
    """Rows where incidents begin, each hour as likely as its weight."""
    hours = bits.weighted(weights, count)
    starts = np.concatenate([[0], np.cumsum(rows_by_hour)])[hours]
    within = (bits.uint32(count).astype(np.int64) * rows_by_hour[hours]) >> 32
    anchors: Ints = starts + within
    return anchors


def _strikes(
    code: int,
    pattern: FraudPattern,
    first: Ints,
    cards: Ints,
    times: Ints,
    market: Market,
    bits: RandomBits,
) -> list[Rows]:
    """Rows, cards, merchants and patterns of one pattern's incidents."""
    abroad = pattern.place == "abroad"
    gap = round(pattern.gap_seconds * _SECOND_US)
    struck = []
    if abroad:
        at_home = _shops(market, cards, LOCAL, bits)
        shops = market.shops_abroad(cards, bits.uint32(len(cards)))
        # Customers who travel are not at home, and a country may have no shops.
        sound = ~market.travels[cards] & ~market.merchants.is_online[at_home]
        sound &= market.merchants.country[shops] != market.cards.country[cards]
        first, cards, shops = first[sound], cards[sound], shops[sound]
        struck.append((first, cards, at_home[sound], np.full(len(first), OWN_PURCHASE, np.int64)))
    else:
        shops = _shops(market, cards, ONLINE, bits)
    for strike in range(pattern.strikes):
        due = times[first] + gap * (strike + abroad)
        rows = np.searchsorted(times, due)
        near = rows < len(times)
        near[near] = times[rows[near]] <= due[near] + gap
        struck.append(
            (rows[near], cards[near], shops[near], np.full(int(near.sum()), code, np.int64))
        )
    return struck


def _shops(market: Market, cards: Ints, kind: int, bits: RandomBits) -> Ints:
    kinds = np.full(len(cards), kind, np.int8)
    return market.merchants_of(cards, kinds, bits.uint32(len(cards)))
