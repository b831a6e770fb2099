"""Models of the parameters. Kedro checks the values before anything is written."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    field_validator,
    model_validator,
)

from txn_kedro.synthesis.reference import LOCALES

ROW_BITS = 30
"""Bits of a transaction id for the row number, which limits the rows of a batch."""

MAX_BATCH_ROWS = 1_000_000_000
MAX_PARTS = 10_000

BYTES_PER_ROW = 32
"""About what a transaction takes in Parquet; decides how many parts there are."""

MIN_PART_BYTES, MAX_PART_BYTES = 1_000_000, 1_000_000_000
"""Limits of a part's size that warehouses load efficiently."""

Weight = Annotated[int, Field(ge=0, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
Positive = Annotated[int, Field(ge=1, le=1_000_000)]


class _Refusing(BaseModel):
    """Says in one plain sentence a fault what is wrong with a value."""

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            faults = [_sentence(fault) for fault in error.errors()]
            raise ValueError("; ".join(faults)) from None


def _sentence(fault: Any) -> str:
    where = ".".join(map(str, fault["loc"]))
    what = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"there is no parameter {where!r} here"
    got = "" if fault["type"] in ("missing", "value_error") else f", got {fault['input']!r}"
    return f"{where}: {what}{got}" if where else f"{what}{got}"


class Seed(_Refusing, RootModel[int]):
    """Where all randomness starts: a whole number from 0 to 2^63 - 1."""

    root: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]


class Revision(_Refusing, RootModel[int]):
    """Which revision of a batch a run makes: a whole number from 1."""

    root: Annotated[int, Field(strict=True, ge=1, le=9999)]


class ExecutionTime(_Refusing, RootModel[datetime]):
    """The UTC time that a run represents, in whole seconds; ``now`` is read once per run."""

    root: datetime

    @field_validator("root", mode="before")
    @classmethod
    def _parse(cls, value: object) -> datetime:
        if value == "now":
            value = datetime.now(UTC)
        elif isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value.strip())
        if not isinstance(value, datetime):
            msg = f"expected now, or an ISO 8601 time such as 2026-11-22T06:00:00Z, got {value!r}"
            raise ValueError(msg)
        in_utc = _in_utc(value)
        if in_utc is None or not 2000 <= in_utc.year < 2200:
            msg = f"expected a UTC time of the years 2000 to 2199, got {value.isoformat()}"
            raise ValueError(msg)
        return in_utc.replace(microsecond=0)


def _in_utc(instant: datetime) -> datetime | None:
    """An instant in UTC, which a time without a zone is already; None if no year there has it."""
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return None


class WorldParameters(_Refusing):
    """How large and how mixed the world is.

    Attributes:
        locales: Faker locales; customers and merchants are spread evenly over their countries.
        customers: Number of card holders.
        merchants: Number of merchants.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    locales: Annotated[list[str], Field(min_length=1)]
    customers: Annotated[int, Field(ge=100, le=20_000_000)]
    merchants: Annotated[int, Field(ge=100, le=60_000)]

    @field_validator("locales")
    @classmethod
    def _known_once(cls, locales: list[str]) -> list[str]:
        unknown = sorted(set(locales) - set(LOCALES))
        if unknown:
            msg = f"unknown locale(s) {', '.join(unknown)}; known: {', '.join(LOCALES)}"
            raise ValueError(msg)
        if len(set(locales)) < len(locales):
            msg = "names a locale twice"
            raise ValueError(msg)
        return locales


class HourWeights(_Refusing):
    """Volume by hour of the day, 24 whole numbers each from midnight UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    weekday: Annotated[list[Weight], Field(min_length=24, max_length=24)]
    weekend: Annotated[list[Weight], Field(min_length=24, max_length=24)]

    @field_validator("weekday", "weekend")
    @classmethod
    def _some(cls, weights: list[int]) -> list[int]:
        if not any(weights):
            msg = "at least one hour needs a weight above zero"
            raise ValueError(msg)
        return weights


class GenerationParameters(_Refusing):
    """What each batch is like.

    Attributes:
        min_rows: Fewest transactions of a batch.
        max_rows: Most transactions of a batch.
        parts: Number of Parquet parts, or ``auto``: 8 where the batch is large enough.
        workers: Threads that synthesise and write; null is one for each core.
            No setting of it changes a byte.
        hour_weights: Shape of the day.
        weekday_weights: Shape of the week, Monday first: how large a batch tends to be.
        cross_border_share: Part of all transactions that go to another country.
        refund_share: Part of all transactions that try to refund an earlier purchase.
        decline_share: Part of all transactions that are declined.
        fraud_share: Part of all transactions that a fraudster does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    min_rows: Annotated[int, Field(ge=1, le=MAX_BATCH_ROWS)]
    max_rows: Annotated[int, Field(ge=1, le=MAX_BATCH_ROWS)]
    parts: int | Literal["auto"] = "auto"
    workers: Annotated[int, Field(ge=1, le=1024)] | None = None
    hour_weights: HourWeights
    weekday_weights: Annotated[list[Positive], Field(min_length=7, max_length=7)]
    cross_border_share: Share
    refund_share: Share
    decline_share: Share
    fraud_share: Annotated[float, Field(ge=0, le=0.05, allow_inf_nan=False)]

    @field_validator("parts", mode="plain")
    @classmethod
    def _number_or_auto(cls, parts: object) -> object:
        if parts == "auto" or (type(parts) is int and 1 <= parts <= MAX_PARTS):
            return parts
        msg = f"expected auto, or a whole number from 1 to {MAX_PARTS:,}, got {parts!r}"
        raise ValueError(msg)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_rows > self.max_rows:
            msg = f"min_rows ({self.min_rows:,}) is greater than max_rows ({self.max_rows:,})"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _parts_of_good_size(self) -> Self:
        if self.parts == "auto":
            return self
        fewest = max(1, -(-self.max_rows * BYTES_PER_ROW // MAX_PART_BYTES))
        most = max(1, self.min_rows * BYTES_PER_ROW // MIN_PART_BYTES)
        if not fewest <= self.parts <= most:
            fitting = f"a number from {fewest:,} to {most:,}, or auto" if fewest <= most else "auto"
            msg = (
                f"parts: {self.parts:,} would make parts outside 1 MB to 1,000 MB, which no "
                f"warehouse loads well; for {self.min_rows:,} to {self.max_rows:,} rows "
                f"ask for {fitting}"
            )
            raise ValueError(msg)
        return self

    def of_the_data(self) -> dict[str, Any]:
        """Those settings that the rows and files depend on: all but ``workers``."""
        return self.model_dump(mode="json", exclude={"workers"})


def threshold_16(share: float) -> int:
    """A share as a threshold for uniform 16-bit integers.

    >>> threshold_16(0.25)
    16384
    """
    return math.floor(share * 65536 + 0.5)
