"""Fraud, in three patterns, mostly by night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from txn_kedro.synthesis.market import LOCAL, ONLINE
from txn_kedro.synthesis.reference import FRAUD_PATTERNS

if TYPE_CHECKING:
    from txn_kedro.synthesis.market import Market
    from txn_kedro.synthesis.randomness import RandomBits

Ints = npt.NDArray[np.int64]
Rows = tuple[Ints, Ints, Ints, Ints]
"""Row numbers, cards, merchants and patterns: what becomes of some rows."""

CARD_TESTING, IMPOSSIBLE_TRAVEL, ACCOUNT_TAKEOVER = range(len(FRAUD_PATTERNS))
OWN_PURCHASE = -1

NIGHT_HOURS = (22, 23, 0, 1, 2, 3, 4, 5)
_HOUR_WEIGHTS = np.array([16 if hour in NIGHT_HOURS else 1 for hour in range(24)])
_MINUTE_US = 60_000_000


@dataclass(frozen=True)
class _Pattern:
    """How a pattern unfolds.

    Attributes:
        share: Its part of fraudulent transactions, in hundredths.
        strikes: Fraudulent transactions of one incident.
        gap_us: Time from one to the next, in microseconds; the first is struck at once,
            or, for impossible travel, one gap after a purchase of the holder.
    """

    share: int
    strikes: int
    gap_us: int


_PATTERNS = {
    IMPOSSIBLE_TRAVEL: _Pattern(25, 1, 25 * _MINUTE_US),
    CARD_TESTING: _Pattern(45, 8, _MINUTE_US // 2),
    ACCOUNT_TAKEOVER: _Pattern(30, 3, 4 * _MINUTE_US),
}


@dataclass(frozen=True)
class Incidents:
    """The rows of a shard that fraud changes; arrays of one length.

    Attributes:
        rows: Row numbers within the shard, distinct.
        cards: Whose card each strikes, by its index.
        merchants: Where, by its index.
        patterns: Codes into ``FRAUD_PATTERNS``, or ``OWN_PURCHASE`` for that of the
            holder which impossible travel starts from.
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
) -> Incidents:
    """Decide which rows of a shard a fraudster takes over.

    Args:
        share: Part of the batch's transactions that shall be fraud.
        times: Event times of the shard, ascending, in microseconds.
        rows_by_hour: How many rows of the shard each hour has.
        day_rows_by_hour: How many rows of the batch each hour has.
        market: Where cards and merchants are found.
        bits: The shard's random bits.
    """
    weights = rows_by_hour * _HOUR_WEIGHTS
    tilt = float(weights.sum()) * float(day_rows_by_hour.sum())
    tilt /= float((day_rows_by_hour * _HOUR_WEIGHTS).sum()) * 100
    found: list[Rows] = []
    for code, pattern in _PATTERNS.items():
        chance = share * pattern.share * tilt / pattern.strikes
        count = int(chance + float(bits.uint32(1)[0]) / 2**32)
        first = _anchors(count, weights, rows_by_hour, bits)
        cards = market.cards_of(bits.uint32(count))
        found.extend(_strikes(code, pattern, first, cards, times, market, bits))
    rows, cards_, merchants, patterns = (
        np.concatenate(column) for column in zip(*found, strict=True)
    )
    _, kept = np.unique(rows, return_index=True)
    return Incidents(rows[kept], cards_[kept], merchants[kept], patterns[kept])


def _anchors(count: int, weights: Ints, rows_by_hour: Ints, bits: RandomBits) -> Ints:
    """Rows where incidents begin, each hour as likely as its weight."""
    hours = bits.weighted(weights, count)
    starts = np.concatenate([[0], np.cumsum(rows_by_hour)])[hours]
    within = (bits.uint32(count).astype(np.int64) * rows_by_hour[hours]) >> 32
    anchors: Ints = starts + within
    return anchors


def _strikes(
    code: int,
    pattern: _Pattern,
    first: Ints,
    cards: Ints,
    times: Ints,
    market: Market,
    bits: RandomBits,
) -> list[Rows]:
    """Rows, cards, merchants and patterns of one pattern's incidents."""
    travels = code == IMPOSSIBLE_TRAVEL
    struck = []
    if travels:
        at_home = _shops(market, cards, LOCAL, bits)
        shops = market.shops_abroad(cards, bits.uint32(len(cards)))
        # Whoever does travel cannot be at home; where a country has no shops, nobody goes.
        sound = ~market.travels[cards] & ~market.merchants.is_online[at_home]
        sound &= market.merchants.country[shops] != market.cards.country[cards]
        first, cards, shops = first[sound], cards[sound], shops[sound]
        struck.append((first, cards, at_home[sound], np.full(len(first), OWN_PURCHASE, np.int64)))
    else:
        shops = _shops(market, cards, ONLINE, bits)
    for strike in range(pattern.strikes):
        due = times[first] + pattern.gap_us * (strike + travels)
        rows = np.searchsorted(times, due)
        near = rows < len(times)
        near[near] = times[rows[near]] <= due[near] + pattern.gap_us
        struck.append(
            (rows[near], cards[near], shops[near], np.full(int(near.sum()), code, np.int64))
        )
    return struck


def _shops(market: Market, cards: Ints, kind: int, bits: RandomBits) -> Ints:
    kinds = np.full(len(cards), kind, np.int8)
    return market.merchants_of(cards, kinds, bits.uint32(len(cards)))
