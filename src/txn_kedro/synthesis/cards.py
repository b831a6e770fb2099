"""Payment cards, with numbers that are valid before they are masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from txn_kedro.synthesis.arrow_columns import text_of
from txn_kedro.synthesis.reference import CARD_TYPES, NETWORKS

if TYPE_CHECKING:
    from txn_kedro.synthesis.randomness import RandomBits

Ints = npt.NDArray[np.int64]

_EXPIRY_FROM, _EXPIRY_MONTHS = np.datetime64("2027-01"), 60


def make_cards(customers: int, bits: RandomBits) -> dict[str, Any]:
    """Return the columns of one to three cards per customer."""
    cards_each = 1 + np.searchsorted([55, 90], bits.below(100, customers), "right")
    holders = np.repeat(np.arange(1, customers + 1), cards_each)
    count = len(holders)
    network = np.searchsorted([52, 90], bits.below(100, count), "right")
    months = _EXPIRY_FROM + bits.below(_EXPIRY_MONTHS, count).astype("timedelta64[M]")
    return {
        "card_id": np.arange(1, count + 1),
        "customer_id": holders[bits.order(count)],
        "card_number_masked": mask(card_numbers(network, bits)),
        "network": text_of(network, NETWORKS),
        "card_type": text_of(
            np.searchsorted([48, 94], bits.below(100, count), "right"), CARD_TYPES
        ),
        "expires_on": (months + np.timedelta64(1, "M")).astype("datetime64[D]")
        - np.timedelta64(1, "D"),
    }


def card_numbers(network: Ints, bits: RandomBits) -> Ints:
    """Card numbers with their networks' prefixes and lengths, and a valid Luhn check digit.

    Args:
        network: Indices into ``NETWORKS``.
        bits: Where the digits come from.

    Returns:
        As many numbers, of 16 digits (15 for American Express).
    """
    count = len(network)
    prefix = np.choose(
        network,
        [40 + bits.below(10, count), 51 + bits.below(5, count), 34 + 3 * bits.below(2, count)],
    )
    length = np.where(network == NETWORKS.index("amex"), 15, 16)
    tail = (bits.uint64(count) % np.uint64(10**13)).astype(np.int64)
    payload = np.where(length == 15, prefix * 10**12 + tail // 10, prefix * 10**13 + tail)
    total = np.zeros(count, np.int64)
    rest = payload
    for position in range(15):
        digit = rest % 10
        if position % 2 == 0:
            digit = digit * 2
            digit -= 9 * (digit > 9)
        total += digit
        rest = rest // 10
    return payload * 10 + (10 - total % 10) % 10


def mask(numbers: Ints) -> pa.StringArray:
    """Card numbers as text with all but the first six and the last four digits starred.

    >>> mask(np.array([4111111111111111])).to_pylist()
    ['411111******1111']
    """
    text = pa.array(numbers).cast(pa.string())
    stars = pc.binary_repeat("*", pc.subtract(pc.utf8_length(text), 10))
    first, last = pc.utf8_slice_codeunits(text, 0, 6), pc.utf8_slice_codeunits(text, -4)
    return pc.binary_join_element_wise(first, stars, last, "")
