"""The world that all batches share: customers, cards, merchants, made once from Faker's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from txn_kedro.synthesis.arrow_columns import text_of
from txn_kedro.synthesis.cards import make_cards
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.reference import (
    CATEGORIES,
    CURRENCIES,
    SEGMENTS,
)
from txn_kedro.synthesis.tables import CARDS, CUSTOMERS, MERCHANTS
from txn_kedro.synthesis.vocabulary import City, Vocabulary, words_of
from txn_kedro.tables import Table, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.synthesis.parameters import WorldParameters

Ints = npt.NDArray[np.int64]

WORLD_VERSION = 1
"""Must be raised when the same recipe gives another world."""

_JITTER = 900  # ten-thousandths of a degree: some 10 km
_SIGNUP_FROM, _SIGNUP_DAYS = np.datetime64("2015-01-01"), 3653


@dataclass(frozen=True)
class WorldRecipe:
    """Everything that determines a world.

    Attributes:
        seed: The run's seed.
        locales: Faker locales, one for each country.
        customers: Number of customers.
        merchants: Number of merchants.
    """

    seed: int
    locales: tuple[str, ...]
    customers: int
    merchants: int

    @classmethod
    def from_parameters(cls, seed: int, parameters: WorldParameters) -> WorldRecipe:
        """The recipe that the parameters ask for."""
        return cls(seed, tuple(parameters.locales), parameters.customers, parameters.merchants)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that name the world. They depend on Faker's version too."""
        return fingerprint({"version": WORLD_VERSION, **self.configuration})

    @property
    def batch_id(self) -> str:
        """Id of the batches of its tables: the fingerprint, and 0 for the first period."""
        return f"{self.fingerprint}-0"

    @property
    def configuration(self) -> dict[str, Any]:
        """Everything that determines its rows, as JSON."""
        return {
            "faker": version("faker"),
            "seed": self.seed,
            "locales": list(self.locales),
            "customers": self.customers,
            "merchants": self.merchants,
        }


@dataclass(frozen=True)
class World:
    """The reference tables, as ``schema`` describes them.

    Attributes:
        fingerprint: Of the recipe.
        customers: One row a customer, ids from 1 in order.
        cards: One row a card, ids from 1 in order, the most active first.
        merchants: One row a merchant, ids from 1 in order.
    """

    fingerprint: str
    customers: pa.Table = field(repr=False)
    cards: pa.Table = field(repr=False)
    merchants: pa.Table = field(repr=False)

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The tables by name."""
        return {
            CUSTOMERS.name: self.customers,
            CARDS.name: self.cards,
            MERCHANTS.name: self.merchants,
        }


def build_world(recipe: WorldRecipe) -> World:
    """Make the world of a recipe: the same tables whenever it is asked for.

    Args:
        recipe: What to make it from.

    Returns:
        Tables of ``recipe.customers`` and ``recipe.merchants`` rows, and one to
        three cards a customer. No real person's data is in them.
    """
    companies = -(-recipe.merchants // len(recipe.locales))
    vocabularies = [
        words_of(recipe.seed, locale, place, companies)
        for place, locale in enumerate(recipe.locales)
    ]
    bits = RandomBits(recipe.seed, Stream.WORLD, 0)
    merchants = _merchants(recipe, vocabularies, bits)
    customers = _customers(recipe, vocabularies, merchants, bits)
    cards = make_cards(recipe.customers, bits)
    return World(
        recipe.fingerprint,
        _table(CUSTOMERS, customers, recipe),
        _table(CARDS, cards, recipe),
        _table(MERCHANTS, merchants.columns(vocabularies), recipe),
    )


def _table(contract: Table, columns: dict[str, Any], recipe: WorldRecipe) -> pa.Table:
    """Cast columns to the contract, and say in each row which world and batch it belongs to."""
    rows = np.zeros(len(next(iter(columns.values()))), np.int8)
    columns["world_fingerprint"] = text_of(rows, [recipe.fingerprint])
    columns["batch_id"] = text_of(rows, [recipe.batch_id])
    arrays = [pa.array(columns[column.name]).cast(column.arrow_type) for column in contract.columns]
    return pa.Table.from_arrays(arrays, schema=contract.arrow_schema)


def popularity(rank: Ints) -> Ints:
    """How much a merchant of a popularity rank (from 1) is visited: Zipf-like, in whole numbers."""
    return (1 << 40) // (rank + 2)


@dataclass(frozen=True)
class _Merchants:
    """Merchants as arrays of codes; places are indices into the recipe's locales."""

    rank: Ints
    place: Ints
    city: Ints
    category: Ints
    is_online: npt.NDArray[np.bool_]

    def columns(self, vocabularies: Sequence[Vocabulary]) -> dict[str, Any]:
        """The columns of the table."""
        cities = [
            vocabularies[place].cities[city]
            for place, city in zip(self.place.tolist(), self.city.tolist(), strict=True)
        ]
        countries = [vocabularies[place].country for place in self.place.tolist()]
        return {
            "merchant_id": np.arange(1, len(self.rank) + 1),
            "name": _merchant_names(vocabularies, self.place.tolist(), cities),
            "mcc": [CATEGORIES[code].mcc for code in self.category.tolist()],
            "category": [CATEGORIES[code].name for code in self.category.tolist()],
            "city": [city.name for city in cities],
            "country": countries,
            "currency": [CURRENCIES[country].code for country in countries],
            "latitude": np.array([city.latitude for city in cities]) / 10_000,
            "longitude": np.array([city.longitude for city in cities]) / 10_000,
            "is_online": self.is_online,
            "popularity_rank": self.rank,
        }


def _merchant_names(
    vocabularies: Sequence[Vocabulary], places: list[int], cities: list[City]
) -> list[str]:
    """A name for each merchant, made unique by its city and, failing that, a number."""
    pools = [iter(vocabulary.companies) for vocabulary in vocabularies]
    names: dict[str, None] = {}
    for number, (place, city) in enumerate(zip(places, cities, strict=True)):
        companies = vocabularies[place].companies
        name = next(pools[place], companies[number % len(companies)])
        if name in names:
            name = f"{name} {city.name}"
        if name in names:
            name = f"{name} {number + 1}"
        names[name] = None
    return list(names)


def _merchants(
    recipe: WorldRecipe, vocabularies: Sequence[Vocabulary], bits: RandomBits
) -> _Merchants:
    count = recipe.merchants
    rank = bits.order(count) + 1
    place = np.arange(count) % len(recipe.locales)
    in_order = np.argsort(rank)
    category = np.empty(count, np.int64)
    is_online = np.empty(count, np.bool_)
    for country in range(len(recipe.locales)):
        members = in_order[place[in_order] == country]
        category[members], is_online[members] = _spread_categories(popularity(rank[members]))
    city = np.empty(count, np.int64)
    for country, vocabulary in enumerate(vocabularies):
        members = np.flatnonzero(place == country)
        size = popularity(np.arange(1, len(vocabulary.cities) + 1))
        city[members] = bits.weighted(size, len(members))
    return _Merchants(rank, place, city, category, is_online)


def _spread_categories(weights: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Give merchants, from the most visited, the kind that lags most behind its share of visits.

    Were kinds drawn by lot, the two or three busiest merchants would decide what
    most of the transactions are.
    """
    kinds = [
        (code, online)
        for code, category in enumerate(CATEGORIES)
        for online in (False, True)
        if (category.online_share if online else 100 - category.online_share)
    ]
    share = np.array(
        [
            CATEGORIES[code].share
            * (CATEGORIES[code].online_share if online else 100 - CATEGORIES[code].online_share)
            for code, online in kinds
        ]
    )
    debt = np.zeros(len(kinds), np.int64)
    chosen = np.empty(len(weights), np.int64)
    whole = int(share.sum())
    for i, weight in enumerate((weights >> 20).tolist()):
        debt += weight * share
        chosen[i] = np.argmax(debt)
        debt[chosen[i]] -= weight * whole
    kind = np.array(kinds)[chosen]
    return kind[:, 0], kind[:, 1].astype(np.bool_)


def _customers(
    recipe: WorldRecipe,
    vocabularies: Sequence[Vocabulary],
    merchants: _Merchants,
    bits: RandomBits,
) -> dict[str, Any]:
    count = recipe.customers
    place = bits.order(count) % len(recipe.locales)
    home = np.empty(count, np.int64)
    first = np.empty(count, np.int64)
    last = np.empty(count, np.int64)
    for code, vocabulary in enumerate(vocabularies):
        members = np.flatnonzero(place == code)
        # People live where the shops are, so that shopping near home keeps each merchant's rank.
        local = (merchants.place == code) & ~merchants.is_online
        size = np.bincount(
            merchants.city[local],
            weights=popularity(merchants.rank[local]) >> 10,
            minlength=len(vocabulary.cities),
        ).astype(np.int64)
        home[members] = bits.weighted(size, len(members))
        first[members] = bits.below(len(vocabulary.first_names), len(members))
        last[members] = bits.below(len(vocabulary.last_names), len(members))
    cities = [[city.name for city in vocabulary.cities] for vocabulary in vocabularies]
    latitudes = [[city.latitude for city in vocabulary.cities] for vocabulary in vocabularies]
    longitudes = [[city.longitude for city in vocabulary.cities] for vocabulary in vocabularies]
    return {
        "customer_id": np.arange(1, count + 1),
        "first_name": _pick([v.first_names for v in vocabularies], place, first),
        "last_name": _pick([v.last_names for v in vocabularies], place, last),
        "segment": text_of(np.searchsorted([80, 97], bits.below(100, count), "right"), SEGMENTS),
        "city": _pick(cities, place, home),
        "country": text_of(place, [v.country for v in vocabularies]),
        "latitude": _near(latitudes, place, home, bits),
        "longitude": _near(longitudes, place, home, bits),
        "signup_date": _SIGNUP_FROM + bits.below(_SIGNUP_DAYS, count).astype("timedelta64[D]"),
    }


def _pick(words: Sequence[Sequence[str]], place: Ints, code: Ints) -> pa.DictionaryArray:
    """The words at (place, code), as a dictionary without repeated values."""
    starts = np.cumsum([0, *map(len, words)])
    flat = pa.array([word for local in words for word in local]).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        flat.indices.take(pa.array(starts[place] + code)), flat.dictionary
    )


def _near(
    degrees: Sequence[Sequence[int]], place: Ints, code: Ints, bits: RandomBits
) -> npt.NDArray[np.float64]:
    starts = np.cumsum([0, *map(len, degrees)])
    centre = np.array([value for local in degrees for value in local])[starts[place] + code]
    return (centre + bits.below(2 * _JITTER + 1, len(place)) - _JITTER) / 10_000
