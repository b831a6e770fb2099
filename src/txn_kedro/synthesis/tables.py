"""The tables of the domain: the one list that Arrow, DDL and docs are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txn_kedro.synthesis.fraud_patterns import LONGEST_NAME, PATTERNS
from txn_kedro.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

_GENERATION = "kedro run --pipelines generation"

_WORLD_COLUMNS = (
    Column(
        "world_fingerprint",
        "VARCHAR(16)",
        "The world that the row belongs to; ids are unique within a world",
        repeats=True,
    ),
    Column("batch_id", "VARCHAR(64)", "Batch of the row: its world and period", repeats=True),
)

TRANSACTIONS = Table(
    "transactions",
    "Card transactions, one row each, appended batch by batch",
    (
        Column(
            "transaction_id",
            "BIGINT",
            "Unique across all batches: the batch's epoch second times 2^30, plus the row number",
        ),
        Column(
            "batch_id", "VARCHAR(16)", "Execution time of the batch, basic ISO 8601", repeats=True
        ),
        Column("event_ts", "TIMESTAMP", "When it happened, UTC, within the execution date"),
        Column("customer_id", "INTEGER", "Who paid: customers.customer_id"),
        Column("card_id", "INTEGER", "With which card: cards.card_id"),
        Column("merchant_id", "INTEGER", "To whom: merchants.merchant_id"),
        Column("merchant_name", "VARCHAR(160)", "The merchant's trading name", repeats=True),
        Column("mcc", "VARCHAR(4)", "Merchant category code, ISO 18245", repeats=True),
        Column("category", "VARCHAR(20)", "The category that the mcc stands for", repeats=True),
        Column("merchant_city", "VARCHAR(80)", "City of the merchant", repeats=True),
        Column("merchant_country", "VARCHAR(2)", "Country of the merchant, ISO 3166", repeats=True),
        Column(
            "customer_country", "VARCHAR(2)", "Home country of the customer, ISO 3166", repeats=True
        ),
        Column(
            "channel",
            "VARCHAR(16)",
            "chip, contactless, mobile_wallet, ecommerce or atm",
            repeats=True,
        ),
        Column("transaction_type", "VARCHAR(12)", "purchase, withdrawal or refund", repeats=True),
        Column(
            "amount",
            "DECIMAL(18,2)",
            "Never negative, in the currency's units; transaction_type gives the direction",
        ),
        Column(
            "currency", "VARCHAR(3)", "Currency of the merchant's country, ISO 4217", repeats=True
        ),
        Column("status", "VARCHAR(10)", "approved, declined or reversed", repeats=True),
        Column(
            "decline_reason",
            "VARCHAR(24)",
            "Why, where status is declined",
            nullable=True,
            repeats=True,
        ),
        Column(
            "original_transaction_id",
            "BIGINT",
            "The earlier purchase that a refund returns, completely or in part",
            nullable=True,
        ),
        Column("is_cross_border", "BOOLEAN", "Whether the two countries differ"),
        Column("is_fraud", "BOOLEAN", "Ground truth: whether a fraudster did it"),
        Column(
            "fraud_pattern",
            f"VARCHAR({LONGEST_NAME})",
            f"{', '.join(pattern.name for pattern in PATTERNS)}, where is_fraud",
            nullable=True,
            repeats=True,
        ),
        Column(
            "world_fingerprint",
            "VARCHAR(16)",
            "The world whose customers, cards and merchants the ids refer to; NULL in batches of "
            "version 1",
            nullable=True,
            repeats=True,
        ),
    ),
    batch_column="batch_id",
    sort_key="event_ts",
    distribution_key="customer_id",
    remake=f"{_GENERATION} --params execution_time={{batch_id}},revision={{revision}}",
)

CUSTOMERS = Table(
    "customers",
    "Card holders; invented, from Faker's vocabularies",
    (
        Column("customer_id", "INTEGER", "Unique, from 1"),
        Column("first_name", "VARCHAR(80)", "Given name", repeats=True),
        Column("last_name", "VARCHAR(80)", "Family name", repeats=True),
        Column("segment", "VARCHAR(10)", "mass, affluent or premium", repeats=True),
        Column("city", "VARCHAR(80)", "Home city", repeats=True),
        Column("country", "VARCHAR(2)", "Home country, ISO 3166", repeats=True),
        Column(
            "latitude",
            "DOUBLE PRECISION",
            "Of the home, degrees north, within some 10 km of the city",
        ),
        Column("longitude", "DOUBLE PRECISION", "Of the home, degrees east"),
        Column("signup_date", "DATE", "First day as a customer"),
        *_WORLD_COLUMNS,
    ),
    batch_column="batch_id",
    sort_key="customer_id",
    distribution_key="customer_id",
    remake=_GENERATION,
)

CARDS = Table(
    "cards",
    "Payment cards, one to three a customer",
    (
        Column("card_id", "INTEGER", "Unique, from 1"),
        Column("customer_id", "INTEGER", "Whose: customers.customer_id"),
        Column(
            "card_number_masked", "VARCHAR(19)", "First six and last four digits, the rest stars"
        ),
        Column("network", "VARCHAR(12)", "visa, mastercard or amex", repeats=True),
        Column("card_type", "VARCHAR(8)", "credit, debit or prepaid", repeats=True),
        Column("expires_on", "DATE", "Last day of validity"),
        *_WORLD_COLUMNS,
    ),
    batch_column="batch_id",
    sort_key="customer_id",
    distribution_key="customer_id",
    remake=_GENERATION,
)

MERCHANTS = Table(
    "merchants",
    "Who takes the payments",
    (
        Column("merchant_id", "INTEGER", "Unique, from 1"),
        Column("name", "VARCHAR(160)", "Trading name, unique"),
        Column("mcc", "VARCHAR(4)", "Merchant category code, ISO 18245", repeats=True),
        Column("category", "VARCHAR(20)", "The category that the mcc stands for", repeats=True),
        Column("city", "VARCHAR(80)", "City", repeats=True),
        Column("country", "VARCHAR(2)", "Country, ISO 3166", repeats=True),
        Column("currency", "VARCHAR(3)", "Currency of the country, ISO 4217", repeats=True),
        Column("latitude", "DOUBLE PRECISION", "Degrees north"),
        Column("longitude", "DOUBLE PRECISION", "Degrees east"),
        Column("is_online", "BOOLEAN", "Whether it sells over the internet only"),
        Column("popularity_rank", "INTEGER", "1 is visited most; visits fall as 1 / (rank + 2)"),
        *_WORLD_COLUMNS,
    ),
    batch_column="batch_id",
    sort_key="merchant_id",
    remake=_GENERATION,
)

WORLD_TABLES = (CUSTOMERS, CARDS, MERCHANTS)
TABLES: Mapping[str, Table] = {table.name: table for table in (TRANSACTIONS, *WORLD_TABLES)}
