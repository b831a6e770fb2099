"""The patterns of fraud, as data: a further pattern is one more entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Place = Literal["online", "abroad"]

LONGEST_NAME = 20
"""Maximum length of the column ``fraud_pattern``."""


@dataclass(frozen=True, kw_only=True)
class FraudPattern:
    """One way in which fraud unfolds. Nothing has a default, so that nothing can be forgotten.

    Attributes:
        name: Value of the column ``fraud_pattern``.
        meaning: A description for the docs.
        share: Its part of all fraudulent transactions, in hundredths.
        strikes: Fraudulent transactions of one incident.
        gap_seconds: Time from one to the next. The first is struck at once if it is online; abroad,
            one gap after a purchase of the holder at home.
        place: ``online``, or ``abroad`` in a shop.
        us_cents: Least and most that a transaction costs, in US cents; None for what customers
            usually spend there.
        declined: Part of its transactions that the bank declines, in hundredths.

    Raises:
        ValueError: A value is not possible.
    """

    name: str
    meaning: str
    share: int
    strikes: int
    gap_seconds: float
    place: Place
    us_cents: tuple[int, int] | None
    declined: int

    def __post_init__(self) -> None:
        least, most = self.us_cents or (1, 1)
        sound = {
            f"name of 1 to {LONGEST_NAME} letters": 1 <= len(self.name) <= LONGEST_NAME,
            "meaning": bool(self.meaning),
            "share from 1 to 100": 1 <= self.share <= 100,
            "strikes of 1 or more": self.strikes >= 1,
            "gap_seconds above 0": self.gap_seconds > 0,
            f"place of {', '.join(get_args(Place))}": self.place in get_args(Place),
            "us_cents that ascend from 1 or more": 1 <= least <= most,
            "declined from 0 to 100": 0 <= self.declined <= 100,
        }
        for expected, is_so in sound.items():
            if not is_so:
                msg = f"Fraud pattern {self.name!r}: expected a {expected}."
                raise ValueError(msg)


def checked(*patterns: FraudPattern) -> tuple[FraudPattern, ...]:
    """The patterns, if they go together.

    Raises:
        ValueError: Two have one name, or their shares do not sum to 100.
    """
    names = [pattern.name for pattern in patterns]
    if len(set(names)) < len(names):
        msg = f"Two patterns of fraud have one name: {', '.join(names)}."
        raise ValueError(msg)
    total = sum(pattern.share for pattern in patterns)
    if total != 100:
        msg = f"The shares of the patterns of fraud sum to {total}, expected 100."
        raise ValueError(msg)
    return patterns


PATTERNS = checked(
    FraudPattern(
        name="card_testing",
        meaning="bursts of small sums on one card",
        share=45,
        strikes=8,
        gap_seconds=30,
        place="online",
        us_cents=(50, 300),
        declined=69,
    ),
    FraudPattern(
        name="impossible_travel",
        meaning="abroad within half an hour of a purchase at home",
        share=25,
        strikes=1,
        gap_seconds=25 * 60,
        place="abroad",
        us_cents=None,
        declined=31,
    ),
    FraudPattern(
        name="account_takeover",
        meaning="a few large sums online",
        share=30,
        strikes=3,
        gap_seconds=4 * 60,
        place="online",
        us_cents=(25_000, 115_000),
        declined=31,
    ),
)
