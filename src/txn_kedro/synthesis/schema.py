"""The columns of every table: the one list that Arrow, DDL and docs are made from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIXED_TYPES: Mapping[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DOUBLE PRECISION": pa.float64(),
    "TIMESTAMP": pa.timestamp("us"),
}
_SIZED_TYPE = re.compile(r"(VARCHAR|DECIMAL)\((\d+)(?:,\s*(\d+))?\)")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name, the same in Parquet and in every warehouse.
        type: SQL type in words that Redshift, PostgreSQL and DuckDB share;
            ``VARCHAR(n)`` counts bytes of UTF-8, as Redshift does.
        description: One sentence for the docs and for the warehouse's column comment.
        nullable: Whether a row may lack it.
        repeats: Whether values repeat so much that Parquet should store them as a dictionary.
    """

    name: str
    type: str
    description: str
    nullable: bool = False
    repeats: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type that holds exactly the values of the SQL type."""
        if self.type in _FIXED_TYPES:
            return _FIXED_TYPES[self.type]
        sized = _SIZED_TYPE.fullmatch(self.type)
        if sized is None:
            msg = f"Column {self.name}: no Arrow type is known for SQL type {self.type!r}."
            raise ValueError(msg)
        if sized[1] == "DECIMAL":
            return pa.decimal128(int(sized[2]), int(sized[3]))
        return pa.dictionary(pa.int32(), pa.string()) if self.repeats else pa.string()

    @property
    def max_bytes(self) -> int | None:
        """The most bytes of UTF-8 that a value may have; None if the type is no text."""
        sized = _SIZED_TYPE.fullmatch(self.type)
        return int(sized[2]) if sized and sized[1] == "VARCHAR" else None


@dataclass(frozen=True)
class Table:
    """A table's contract.

    Attributes:
        name: Its name.
        description: What it holds.
        columns: Its columns in order.
        sort_key: Column that a warehouse of many nodes should sort rows by.
        distribution_key: Column whose equal values such a warehouse should keep on one node;
            without one, every node has all rows.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    sort_key: str
    distribution_key: str | None = None

    @property
    def column_names(self) -> list[str]:
        """Names in the order of the Parquet files and of the warehouse table."""
        return [column.name for column in self.columns]

    @property
    def names_and_types(self) -> list[tuple[str, str]]:
        """Names and SQL types in that order."""
        return [(column.name, column.type) for column in self.columns]

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema that the Parquet files are written with."""
        return pa.schema(
            pa.field(column.name, column.arrow_type, nullable=column.nullable)
            for column in self.columns
        )

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when a name, a type or the order of columns does."""
        contract = [[c.name, c.type, c.nullable] for c in self.columns]
        return fingerprint(contract)

    def markdown(self) -> str:
        """The table of columns that the docs show."""
        rows = [f"| {c.name} | {_docs_type(c)} | {c.description} |" for c in self.columns]
        return "\n".join(["| column | type | meaning |", "| --- | --- | --- |", *rows])


def _docs_type(column: Column) -> str:
    return column.type + (", may be NULL" if column.nullable else "")


def fingerprint(value: Mapping[str, object] | Sequence[object]) -> str:
    """The first 16 hex digits of the SHA-256 of a value's canonical JSON."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


_WORLD_FINGERPRINT = Column(
    "world_fingerprint",
    "VARCHAR(16)",
    "The world that the row belongs to; the same in every row of a table",
    repeats=True,
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
            "Never negative, in the currency's units; the type tells the direction",
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
            "The earlier purchase that a refund gives back in whole or in part",
            nullable=True,
        ),
        Column("is_cross_border", "BOOLEAN", "Whether the two countries differ"),
        Column("is_fraud", "BOOLEAN", "Ground truth: whether a fraudster did it"),
        Column(
            "fraud_pattern",
            "VARCHAR(20)",
            "card_testing, impossible_travel or account_takeover, where is_fraud",
            nullable=True,
            repeats=True,
        ),
    ),
    sort_key="event_ts",
    distribution_key="customer_id",
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
        _WORLD_FINGERPRINT,
    ),
    sort_key="customer_id",
    distribution_key="customer_id",
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
        _WORLD_FINGERPRINT,
    ),
    sort_key="customer_id",
    distribution_key="customer_id",
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
        _WORLD_FINGERPRINT,
    ),
    sort_key="merchant_id",
)

LOAD_LEDGER = Table(
    "load_ledger",
    "One row for each batch that is in the warehouse, written in the batch's own transaction",
    (
        Column("batch_id", "VARCHAR(16)", "The batch"),
        Column("row_count", "BIGINT", "Rows that were appended"),
        Column("byte_count", "BIGINT", "Size of its Parquet parts"),
        Column("part_count", "INTEGER", "Number of its Parquet parts"),
        Column("manifest", "VARCHAR(1024)", "Where its manifest is"),
        Column("manifest_sha256", "VARCHAR(64)", "SHA-256 of its manifest"),
        Column(
            "manifest_version",
            "VARCHAR(80)",
            "ETag of its manifest; in a folder, its size and time; if it changes, the SHA-256 is "
            "compared",
            nullable=True,
        ),
        Column("schema_fingerprint", "VARCHAR(16)", "Fingerprint of the columns"),
        Column("world_fingerprint", "VARCHAR(16)", "Fingerprint of the world that it draws on"),
        Column("loaded_at", "TIMESTAMP", "When the load began, UTC"),
    ),
    sort_key="batch_id",
)

WORLD_TABLES = (CUSTOMERS, CARDS, MERCHANTS)
TABLES: Mapping[str, Table] = {
    table.name: table for table in (TRANSACTIONS, *WORLD_TABLES, LOAD_LEDGER)
}
