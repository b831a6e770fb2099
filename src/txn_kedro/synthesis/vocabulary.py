"""The words of a locale, from Faker: its vocabularies and its gazetteer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.reference import LOCALES

if TYPE_CHECKING:
    from collections.abc import Callable

CITIES_PER_COUNTRY = 40
NAMES_PER_LOCALE = 600


class City(NamedTuple):
    """A place of Faker's gazetteer, its coordinates in ten-thousandths of a degree."""

    name: str
    latitude: int
    longitude: int


@dataclass(frozen=True)
class Vocabulary:
    """Words of one locale, and its country's cities, as if from the largest."""

    country: str
    first_names: list[str]
    last_names: list[str]
    companies: list[str]
    cities: list[City]


def words_of(seed: int, locale: str, place: int, companies: int) -> Vocabulary:
    """The words of a locale, the same for the same arguments.

    Args:
        seed: The run's seed.
        locale: A Faker locale of ``LOCALES``.
        place: Its place among the world's locales.
        companies: How many names of companies are wanted; a small vocabulary gives fewer.
    """
    from faker import Faker  # noqa: PLC0415  only a world that is not in the lake needs it
    from faker.providers.geo import Provider as Gazetteer  # noqa: PLC0415

    country = LOCALES[locale][0]
    faker = Faker(locale, use_weighting=False)
    faker.seed_instance(f"{seed}/{locale}")
    cities = {
        name: City(name, _ten_thousandths(latitude), _ten_thousandths(longitude))
        for latitude, longitude, name, where, _ in Gazetteer.land_coords
        if where == country and _fits(name, 80)
    }
    order = RandomBits(seed, Stream.WORLD, 1, place).order(len(cities))
    by_size = [list(cities.values())[i] for i in order][:CITIES_PER_COUNTRY]
    return Vocabulary(
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
