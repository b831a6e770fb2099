"""The transactions of a batch, shard by shard: kernels put together into Arrow record batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from txn_kedro.synthesis import approvals, fraud
from txn_kedro.synthesis.amounts import draw_amounts, in_currency, to_coins
from txn_kedro.synthesis.approvals import APPROVED, DECLINED, NO_REASON, Approvals
from txn_kedro.synthesis.arrow_columns import hundredths, text_of
from txn_kedro.synthesis.fraud_patterns import PATTERNS, FraudPattern
from txn_kedro.synthesis.market import CATEGORY_NAMES, CURRENCY_CODES, Market
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.reference import (
    CATEGORIES,
    CHANNELS,
    DECLINE_REASONS,
    STATUSES,
    TRANSACTION_TYPES,
)
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.synthesis.times import DayShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.synthesis.batch import BatchPlan, Shard
    from txn_kedro.synthesis.world import World

Ints = npt.NDArray[np.int64]

PURCHASE, WITHDRAWAL, REFUND = range(len(TRANSACTION_TYPES))
_SUSPECTED_FRAUD = DECLINE_REASONS.index("suspected_fraud")
_NO_PATTERN = -1


@dataclass(frozen=True)
class _Draws:
    """The shard's random bits, one of each a row."""

    card: npt.NDArray[np.uint32]
    time: npt.NDArray[np.uint32]
    merchant: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint16]
    quantile: npt.NDArray[np.uint16]
    between: npt.NDArray[np.uint16]
    channel: npt.NDArray[np.uint16]
    approval: npt.NDArray[np.uint16]
    refund: npt.NDArray[np.uint16]

    @classmethod
    def of(cls, bits: RandomBits, rows: int) -> _Draws:
        return cls(
            card=bits.uint32(rows),
            time=bits.uint32(rows),
            merchant=bits.uint32(rows),
            kind=bits.uint16(rows),
            quantile=bits.uint16(rows),
            between=bits.uint16(rows),
            channel=bits.uint16(rows),
            approval=bits.uint16(rows),
            refund=bits.uint16(rows),
        )


@dataclass(frozen=True)
class _Refunds:
    """Rows that refund an earlier purchase of the shard, each purchase once at most."""

    rows: Ints
    originals: Ints


class Synthesiser:
    """Makes the shards of one batch; safe to share between threads.

    Args:
        plan: The batch's plan.
        world: The world of the plan's recipe.
        patterns: How fraud unfolds.
    """

    def __init__(
        self, plan: BatchPlan, world: World, patterns: Sequence[FraudPattern] = PATTERNS
    ) -> None:
        self._plan = plan
        self._patterns = patterns
        self._parameters = plan.parameters
        travel = RandomBits(plan.seed, Stream.TRAVEL, plan.epoch_second)
        self._market = Market.of(world, plan.parameters.cross_border_share, travel)
        self._day = DayShape.of(plan.execution_time, plan.rows, plan.parameters.hour_weights)
        self._approvals = Approvals(plan.parameters.decline_share)

    def shard(self, shard: Shard) -> pa.RecordBatch:
        """The transactions of a shard, with the columns of ``TRANSACTIONS``, by ascending time.

        The same for the same plan, world and shard, whatever was made before.
        """
        rows = shard.stop - shard.start
        bits = RandomBits(self._plan.seed, Stream.SHARD, self._plan.epoch_second, shard.number)
        draws = _Draws.of(bits, rows)
        market, merchants = self._market, self._market.merchants

        times = self._day.times(shard.start, shard.stop, draws.time)
        card = market.cards_of(draws.card)
        merchant = market.merchants_of(card, market.kinds_of(draws.kind), draws.merchant)

        incidents = fraud.plan_incidents(
            self._parameters.fraud_share,
            times,
            self._day.hours_of(shard.start, shard.stop),
            self._day.hours_of(0, self._plan.rows),
            market,
            bits,
            self._patterns,
        )
        card[incidents.rows] = incidents.cards
        merchant[incidents.rows] = incidents.merchants
        pattern = np.full(rows, _NO_PATTERN, np.int8)
        pattern[incidents.rows] = incidents.patterns

        is_cash = merchants.is_cash.take(merchant)
        kind = is_cash.astype(np.int8)
        channel = approvals.channels(merchants.is_online.take(merchant), is_cash, draws.channel)
        status, reason = self._approvals.of(draws.approval, channel)
        self._settle(incidents, draws.approval, status, reason)

        refunds = self._refunds(draws.refund, kind, status, incidents.rows, bits)
        for column in (card, merchant, channel):
            column[refunds.rows] = column[refunds.originals]
        kind[refunds.rows] = REFUND
        status[refunds.rows], reason[refunds.rows] = APPROVED, NO_REASON

        currency, category = merchants.currency.take(merchant), merchants.category.take(merchant)
        amount = draw_amounts(
            category,
            currency,
            is_cash,
            draws.quantile,
            draws.between,
        )
        self._set_fraud_amounts(incidents, draws.between, currency, is_cash, amount)
        _set_refund_amounts(refunds, draws.between, currency, amount)

        first_id = self._plan.first_transaction_id + shard.start
        original = np.zeros(rows, np.int64)
        original[refunds.rows] = refunds.originals + first_id
        customer_country = market.cards.country.take(card)
        merchant_country = merchants.country.take(merchant)
        columns = {
            "transaction_id": pa.array(np.arange(first_id, first_id + rows)),
            "batch_id": text_of(np.zeros(rows, np.int8), [self._plan.batch_id]),
            "event_ts": pa.array(times).view(pa.timestamp("us")),
            "customer_id": pa.array(market.cards.customer.take(card) + np.int32(1)),
            "card_id": pa.array((card + 1).astype(np.int32)),
            "merchant_id": pa.array((merchant + 1).astype(np.int32)),
            "merchant_name": text_of(merchant, merchants.names),
            "mcc": text_of(category, _MCCS),
            "category": text_of(category, CATEGORY_NAMES),
            "merchant_city": text_of(merchants.city.take(merchant), market.cities),
            "merchant_country": text_of(merchant_country, market.countries),
            "customer_country": text_of(customer_country, market.countries),
            "channel": text_of(channel, CHANNELS),
            "transaction_type": text_of(kind, TRANSACTION_TYPES),
            "amount": hundredths(amount),
            "currency": text_of(currency, CURRENCY_CODES),
            "status": text_of(status, STATUSES),
            "decline_reason": text_of(reason, DECLINE_REASONS),
            "original_transaction_id": pa.array(original, mask=original == 0),
            "is_cross_border": pa.array(customer_country != merchant_country),
            "is_fraud": pa.array(pattern >= 0),
            "fraud_pattern": text_of(pattern, [each.name for each in self._patterns]),
            "world_fingerprint": text_of(np.zeros(rows, np.int8), [self._plan.world.fingerprint]),
        }
        schema = TRANSACTIONS.arrow_schema
        return pa.RecordBatch.from_arrays(
            [columns[name] for name in TRANSACTIONS.column_names], schema=schema
        )

    def _settle(
        self,
        incidents: fraud.Incidents,
        draws: npt.NDArray[np.uint16],
        status: npt.NDArray[np.int8],
        reason: npt.NDArray[np.int8],
    ) -> None:
        """Decline fraud as often as its pattern says; let the holder's own purchase pass."""
        shares = np.array([each.declined for each in self._patterns] + [0])  # OWN_PURCHASE is last
        limit = (shares * 65536 // 100).take(incidents.patterns, mode="wrap")
        stopped = draws[incidents.rows] < limit
        status[incidents.rows] = np.where(stopped, DECLINED, APPROVED)
        reason[incidents.rows] = np.where(stopped, _SUSPECTED_FRAUD, NO_REASON)

    def _set_fraud_amounts(
        self,
        incidents: fraud.Incidents,
        draws: npt.NDArray[np.uint16],
        currency: npt.NDArray[np.int32],
        is_cash: npt.NDArray[np.bool_],
        amount: Ints,
    ) -> None:
        """Set the amounts of those patterns that have amounts of their own."""
        for code, pattern in enumerate(self._patterns):
            if pattern.us_cents is None:
                continue
            least, most = pattern.us_cents
            rows = incidents.rows[incidents.patterns == code]
            us_cents = least + (draws[rows].astype(np.int64) * (most - least) >> 16)
            amount[rows] = in_currency(us_cents, currency[rows], is_cash[rows])

    def _refunds(
        self,
        draws: npt.NDArray[np.uint16],
        kind: npt.NDArray[np.int8],
        status: npt.NDArray[np.int8],
        taken: Ints,
        bits: RandomBits,
    ) -> _Refunds:
        """Choose refunds. All look the same way back, so that none meets the same purchase."""
        rows = len(draws)
        back = 1 + rows // 8 + int(bits.below(max(1, rows // 4), 1)[0])
        wants = draws < round(self._parameters.refund_share * 65536)
        wants[taken] = False
        candidates = np.flatnonzero(wants[back:]) + back
        given = (kind == PURCHASE) & (status == APPROVED)
        given[taken] = False
        sound = given[candidates - back] & ~wants[candidates - back]
        return _Refunds(candidates[sound], candidates[sound] - back)


_MCCS = [category.mcc for category in CATEGORIES]


def _set_refund_amounts(
    refunds: _Refunds,
    draws: npt.NDArray[np.uint16],
    currency: npt.NDArray[np.int32],
    amount: Ints,
) -> None:
    """Give back all of it, or in three cases of eight a part."""
    quarters = 4 - np.maximum(0, (draws[refunds.rows] >> 13).astype(np.int64) - 4)
    given = amount[refunds.originals]
    part = to_coins(given * quarters // 4, currency[refunds.rows], np.zeros(len(given), np.bool_))
    amount[refunds.rows] = np.minimum(part, given)
