"""The world that all batches share: customers, cards, merchants, made once from Faker's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.reference import (
    CARD_TYPES,
    CATEGORIES,
    CURRENCIES,
    LOCALES,
    NETWORKS,
    SEGMENTS,
)
from txn_kedro.synthesis.schema import CARDS, CUSTOMERS, MERCHANTS, Table, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from txn_kedro.synthesis.parameters import WorldParameters

Ints = npt.NDArray[np.int64]

WORLD_VERSION = 1
"""Raised whenever the same recipe would make another world."""

CITIES_PER_COUNTRY = 40
NAMES_PER_LOCALE = 600
_JITTER = 900  # ten-thousandths of a degree: some 10 km
_SIGNUP_FROM, _SIGNUP_DAYS = np.datetime64("2015-01-01"), 3653
_EXPIRY_FROM, _EXPIRY_MONTHS = np.datetime64("2027-01"), 60


@dataclass(frozen=True)
class WorldRecipe:
    """All that a world follows from.

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
        """16 hex digits that name the world; Faker's release counts, for its words differ."""
        return fingerprint(
            {
                "version": WORLD_VERSION,
                "faker": version("faker"),
                "seed": self.seed,
                "locales": self.locales,
                "customers": self.customers,
                "merchants": self.merchants,
            }
        )


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
    vocabularies = [_vocabulary(recipe, locale) for locale in recipe.locales]
    bits = RandomBits(recipe.seed, Stream.WORLD, 0)
    merchants = _merchants(recipe, vocabularies, bits)
    customers = _customers(recipe, vocabularies, merchants, bits)
    cards = _cards(recipe, bits)
    name = recipe.fingerprint
    return World(
        name,
        _table(CUSTOMERS, customers, name),
        _table(CARDS, cards, name),
        _table(MERCHANTS, merchants.columns(vocabularies), name),
    )


def _table(contract: Table, columns: dict[str, Any], world: str) -> pa.Table:
    """Cast columns to the contract and add the world's fingerprint to each row."""
    rows = len(next(iter(columns.values())))
    columns["world_fingerprint"] = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, np.int32)), [world]
    )
    arrays = [pa.array(columns[column.name]).cast(column.arrow_type) for column in contract.columns]
    return pa.Table.from_arrays(arrays, schema=contract.arrow_schema)


class City(NamedTuple):
    """A place of Faker's gazetteer, its coordinates in ten-thousandths of a degree."""

    name: str
    latitude: int
    longitude: int


@dataclass(frozen=True)
class _Vocabulary:
    """Words of one locale, and its country's cities from the largest."""

    country: str
    first_names: list[str]
    last_names: list[str]
    companies: list[str]
    cities: list[City]


def _vocabulary(recipe: WorldRecipe, locale: str) -> _Vocabulary:
    from faker import Faker  # noqa: PLC0415  only a world that is not in the lake needs it
    from faker.providers.geo import Provider as Gazetteer  # noqa: PLC0415

    place = recipe.locales.index(locale)
    country = LOCALES[locale][0]
    faker = Faker(locale, use_weighting=False)
    faker.seed_instance(f"{recipe.seed}/{locale}")
    companies = -(-recipe.merchants // len(recipe.locales))
    cities = {
        name: City(name, _ten_thousandths(latitude), _ten_thousandths(longitude))
        for latitude, longitude, name, where, _ in Gazetteer.land_coords
        if where == country and _fits(name, 80)
    }
    order = RandomBits(recipe.seed, Stream.WORLD, 1, place).order(len(cities))
    by_size = [list(cities.values())[i] for i in order][:CITIES_PER_COUNTRY]
    return _Vocabulary(
        country,
        _distinct(faker.first_name, NAMES_PER_LOCALE, 80),
        _distinct(faker.last_name, NAMES_PER_LOCALE, 80),
        _distinct(faker.company, companies, 60),
        by_size,
    )


def _ten_thousandths(degrees: str) -> int:
    return round(float(degrees) * 10_000)


def _fits(word: str, max_bytes: int) -> bool:
    return len(word.encode()) <= max_bytes


def _distinct(draw: Callable[[], str], wanted: int, max_bytes: int) -> list[str]:
    """Up to ``wanted`` different words; fewer where the vocabulary is small."""
    words: dict[str, None] = {}
    for _ in range(3 * wanted):
        word = draw()
        if _fits(word, max_bytes):
            words[word] = None
        if len(words) == wanted:
            break
    return list(words)


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

    def columns(self, vocabularies: Sequence[_Vocabulary]) -> dict[str, Any]:
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
    vocabularies: Sequence[_Vocabulary], places: list[int], cities: list[City]
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
    recipe: WorldRecipe, vocabularies: Sequence[_Vocabulary], bits: RandomBits
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
    vocabularies: Sequence[_Vocabulary],
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
        "segment": _code(SEGMENTS, np.searchsorted([80, 97], bits.below(100, count), "right")),
        "city": _pick(cities, place, home),
        "country": _code([v.country for v in vocabularies], place),
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


def _code(words: Sequence[str], code: Ints) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(code.astype(np.int32)), pa.array(words))


def _near(
    degrees: Sequence[Sequence[int]], place: Ints, code: Ints, bits: RandomBits
) -> npt.NDArray[np.float64]:
    starts = np.cumsum([0, *map(len, degrees)])
    centre = np.array([value for local in degrees for value in local])[starts[place] + code]
    return (centre + bits.below(2 * _JITTER + 1, len(place)) - _JITTER) / 10_000


def _cards(recipe: WorldRecipe, bits: RandomBits) -> dict[str, Any]:
    cards_each = 1 + np.searchsorted([55, 90], bits.below(100, recipe.customers), "right")
    holders = np.repeat(np.arange(1, recipe.customers + 1), cards_each)
    count = len(holders)
    network = np.searchsorted([52, 90], bits.below(100, count), "right")
    months = _EXPIRY_FROM + bits.below(_EXPIRY_MONTHS, count).astype("timedelta64[M]")
    return {
        "card_id": np.arange(1, count + 1),
        "customer_id": holders[bits.order(count)],
        "card_number_masked": mask(card_numbers(network, bits)),
        "network": _code(NETWORKS, network),
        "card_type": _code(CARD_TYPES, np.searchsorted([48, 94], bits.below(100, count), "right")),
        "expires_on": (months + 1).astype("datetime64[D]") - 1,
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
