"""Whether a transaction is approved, declined for a reason, or reversed, and by which channel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from txn_kedro.synthesis.reference import CHANNELS, DECLINE_REASONS, STATUSES

Codes8 = npt.NDArray[np.int8]

APPROVED, DECLINED, REVERSED = range(len(STATUSES))
CHIP, CONTACTLESS, MOBILE_WALLET, ECOMMERCE, ATM = range(len(CHANNELS))
NO_REASON = -1

_REVERSED_SHARE = 0.008
_REASON_SHARES = {
    "insufficient_funds": 48,
    "do_not_honor": 22,
    "limit_exceeded": 10,
    "expired_card": 8,
    "incorrect_pin": 12,
}
_PIN, _CVV = DECLINE_REASONS.index("incorrect_pin"), DECLINE_REASONS.index("cvv_mismatch")
_CARD_PRESENT = np.repeat(np.array([CHIP, CONTACTLESS, MOBILE_WALLET], np.int8), [58, 142, 56])


def channels(
    is_online: npt.NDArray[np.bool_], is_cash: npt.NDArray[np.bool_], draws: npt.NDArray[np.uint16]
) -> Codes8:
    """How each card was presented; codes into ``CHANNELS``."""
    channel: Codes8 = _CARD_PRESENT.take(draws >> 8)
    channel[is_online] = ECOMMERCE
    channel[is_cash] = ATM
    return channel


class Approvals:
    """Looks up by 16 random bits what becomes of a transaction.

    Args:
        decline_share: Part of all transactions that are declined.
    """

    def __init__(self, decline_share: float) -> None:
        declined = round(decline_share * 65536)
        reversed_ = round(_REVERSED_SHARE * 65536)
        self._status = np.full(65536, APPROVED, np.int8)
        self._status[:declined] = DECLINED
        self._status[declined : declined + reversed_] = REVERSED
        self._reason = np.full(65536, NO_REASON, np.int8)
        start, whole = 0, sum(_REASON_SHARES.values())
        for name, share in _REASON_SHARES.items():
            stop = start + share
            self._reason[declined * start // whole : declined * stop // whole] = (
                DECLINE_REASONS.index(name)
            )
            start = stop

    def of(self, draws: npt.NDArray[np.uint16], channel: Codes8) -> tuple[Codes8, Codes8]:
        """Status codes, and codes of decline reasons or ``NO_REASON``."""
        reason = self._reason.take(draws)
        reason[(reason == _PIN) & (channel == ECOMMERCE)] = _CVV
        return self._status.take(draws), reason
