"""Facts of the outside world: countries, currencies, merchant categories, outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 currency.

    Attributes:
        code: Three letters.
        minor_digits: Decimal places of its smallest unit: 2, or 0 as for the yen.
        per_usd: Rough value of one US dollar, fixed so that runs repeat.
        cash_step: Smallest note that cash machines give.
    """

    code: str
    minor_digits: int
    per_usd: Decimal
    cash_step: int


_USD = Currency("USD", 2, Decimal(1), 20)
_EUR = Currency("EUR", 2, Decimal("0.92"), 10)

LOCALES: dict[str, tuple[str, Currency]] = {
    "de_AT": ("AT", _EUR),
    "de_CH": ("CH", Currency("CHF", 2, Decimal("0.88"), 20)),
    "de_DE": ("DE", _EUR),
    "en_AU": ("AU", Currency("AUD", 2, Decimal("1.52"), 20)),
    "en_CA": ("CA", Currency("CAD", 2, Decimal("1.37"), 20)),
    "en_GB": ("GB", Currency("GBP", 2, Decimal("0.79"), 10)),
    "en_IN": ("IN", Currency("INR", 2, Decimal(84), 500)),
    "en_US": ("US", _USD),
    "es_ES": ("ES", _EUR),
    "es_MX": ("MX", Currency("MXN", 2, Decimal(18), 100)),
    "fr_BE": ("BE", _EUR),
    "fr_FR": ("FR", _EUR),
    "it_IT": ("IT", _EUR),
    "ja_JP": ("JP", Currency("JPY", 0, Decimal(150), 1000)),
    "ko_KR": ("KR", Currency("KRW", 0, Decimal(1350), 10000)),
    "nl_NL": ("NL", _EUR),
    "pl_PL": ("PL", Currency("PLN", 2, Decimal(4), 50)),
    "pt_BR": ("BR", Currency("BRL", 2, Decimal("5.4"), 20)),
    "pt_PT": ("PT", _EUR),
    "tr_TR": ("TR", Currency("TRY", 2, Decimal(34), 100)),
}
"""Faker locales that a world can be made of, each with its ISO 3166 country and its currency."""

CURRENCIES = dict(LOCALES.values())


@dataclass(frozen=True)
class Category:
    """A kind of merchant.

    Attributes:
        name: Value of the column ``category``.
        mcc: ISO 18245 code.
        share: Its part of all transactions, in thousandths.
        online_share: How many of its merchants in a hundred sell only over the internet.
        median_usd: Median amount in US dollars.
        sigma: Standard deviation of the amount's natural logarithm.
    """

    name: str
    mcc: str
    share: int
    online_share: int
    median_usd: float
    sigma: float


CASH = "cash"
CATEGORIES = (
    Category("groceries", "5411", 210, 5, 34.0, 0.70),
    Category("restaurants", "5812", 115, 0, 31.0, 0.62),
    Category("fast_food", "5814", 110, 0, 13.0, 0.50),
    Category("fuel", "5541", 80, 0, 41.0, 0.45),
    Category("marketplace", "5399", 105, 100, 33.0, 0.85),
    Category("clothing", "5651", 60, 35, 48.0, 0.70),
    Category("pharmacies", "5912", 55, 5, 20.0, 0.65),
    Category("electronics", "5732", 25, 50, 95.0, 0.95),
    Category("home_improvement", "5200", 30, 20, 58.0, 0.85),
    Category("digital_goods", "5815", 50, 100, 11.0, 0.55),
    Category("entertainment", "7832", 25, 10, 24.0, 0.50),
    Category("taxis", "4121", 45, 0, 17.0, 0.55),
    Category("utilities", "4900", 25, 100, 85.0, 0.55),
    Category("hotels", "7011", 12, 20, 150.0, 0.65),
    Category("airlines", "4511", 8, 100, 230.0, 0.65),
    Category(CASH, "6011", 45, 0, 80.0, 0.55),
)

CHANNELS = ("chip", "contactless", "mobile_wallet", "ecommerce", "atm")
TRANSACTION_TYPES = ("purchase", "withdrawal", "refund")
STATUSES = ("approved", "declined", "reversed")
DECLINE_REASONS = (
    "insufficient_funds",
    "do_not_honor",
    "limit_exceeded",
    "expired_card",
    "incorrect_pin",
    "cvv_mismatch",
    "suspected_fraud",
)
NETWORKS = ("visa", "mastercard", "amex")
CARD_TYPES = ("credit", "debit", "prepaid")
SEGMENTS = ("mass", "affluent", "premium")
