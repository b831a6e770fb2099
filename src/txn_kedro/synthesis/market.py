"""Who shops where: a world turned into look-up tables that rows draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from txn_kedro.synthesis.parameters import threshold_16
from txn_kedro.synthesis.randomness import apportion
from txn_kedro.synthesis.reference import CASH, CATEGORIES, CURRENCIES
from txn_kedro.synthesis.world import popularity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from txn_kedro.synthesis.randomness import RandomBits
    from txn_kedro.synthesis.world import World

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
SmallCodes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

LOCAL, ONLINE, ABROAD = range(3)

_LOCAL_BITS, _WIDE_BITS = 11, 16
"""Log2 of the slots of a city's and of a country's list; below one slot, none is chosen."""

CATEGORY_NAMES = [category.name for category in CATEGORIES]
CURRENCY_CODES = list(dict.fromkeys(currency.code for currency in CURRENCIES.values()))


@dataclass(frozen=True)
class Merchants:
    """The merchants as arrays, indexed by ``merchant_id - 1``; codes index the word lists.

    Attributes:
        names: Trading names.
        city, country, category, currency: Codes.
        is_online: Sells over the internet only.
        is_cash: Is a cash machine.
        weight: How much each is visited.
    """

    names: pa.Array
    city: Codes
    country: Codes
    category: Codes
    currency: Codes
    is_online: Flags
    is_cash: Flags
    weight: Ints


@dataclass(frozen=True)
class Cards:
    """The cards as arrays, indexed by ``card_id - 1``.

    Attributes:
        customer: ``customer_id - 1`` of the holder.
        country: Code of the holder's country.
        route: Where the holder's row of ``Routes`` begins.
    """

    customer: Codes
    country: SmallCodes
    route: Ints


@dataclass(frozen=True)
class Routes:
    """Lists of merchants that a draw of 32 bits picks from, each as often as it is visited.

    Attributes:
        merchants: All lists, one after another.
        starts: Where each list begins.
        shifts: How far a draw is shifted right to index the list.
    """

    merchants: npt.NDArray[np.uint16]
    starts: Ints
    shifts: npt.NDArray[np.uint8]

    def pick(self, route: Ints, draws: npt.NDArray[np.uint32]) -> Ints:
        """A merchant of the list ``route`` for each draw."""
        slot = self.starts.take(route)
        slot += draws >> self.shifts.take(route)
        return self.merchants.take(slot).astype(np.int64)


@dataclass(frozen=True)
class Market:
    """A world, ready to be drawn from for one batch.

    Attributes:
        countries: ISO codes that country codes index.
        cities: Names that city codes index.
        merchants: The merchants.
        cards: The cards.
        routes: For each home city the lists of ``LOCAL``, ``ONLINE`` and ``ABROAD``, then for each
            country that of its shops.
        travels: Whether each card's holder is in another country that day, and shops there.
        tour: The list of the shops of the country that each card's holder would travel to.
        online_below, abroad_below: Thresholds of 16 bits for the kind of shopping.
    """

    countries: list[str]
    cities: list[str]
    merchants: Merchants
    cards: Cards
    routes: Routes
    travels: Flags
    tour: Ints
    online_below: int
    abroad_below: int

    @classmethod
    def of(cls, world: World, cross_border_share: float, bits: RandomBits) -> Market:
        """Prepare a world for drawing.

        Half of what crosses a border is bought online, half by holders who travel.

        Args:
            world: The reference tables.
            cross_border_share: Part of all transactions that go to another country.
            bits: Random bits of the batch, for who travels where.
        """
        countries = _words(world.customers["country"], world.merchants["country"])
        cities = _words(world.customers["city"], world.merchants["city"])
        merchants = _merchants(world.merchants, countries, cities)
        home_country = _codes(world.customers["country"], countries)
        home = home_country.astype(np.int64) * len(cities) + _codes(world.customers["city"], cities)
        lived_in = np.bincount(home, minlength=len(countries) * len(cities)) > 0
        places, place = np.flatnonzero(lived_in), np.cumsum(lived_in)[home] - 1
        customer = world.cards["customer_id"].to_numpy() - 1
        country = home_country[customer].astype(np.int8)
        routes, tours = _routes(merchants, places // len(cities), places % len(cities))

        abroad = cross_border_share / 2
        weight = merchants.weight
        online = float(weight[merchants.is_online].sum()) / float(weight.sum()) * (1 - abroad)
        travelling = abroad / (1 - abroad - online) if len(countries) > 1 else 0
        count = len(customer)
        # One of the other countries, each as likely.
        step = 1 + bits.below(max(1, len(countries) - 1), count)
        return cls(
            countries,
            cities,
            merchants,
            Cards(customer, country, place[customer] * 3),
            routes,
            bits.uint16(count) < threshold_16(travelling),
            tours[(country + step) % len(countries)],
            threshold_16(abroad + online),
            threshold_16(abroad),
        )

    def cards_of(self, draws: npt.NDArray[np.uint32]) -> Ints:
        """A card for each draw; the first is used five times as often as the last.

        With u uniform, the card at (u^2 + u/2) * 2/3 of all, in whole numbers.
        """
        wide = (draws >> 1).astype(np.int64)
        wide *= wide + (1 << 30)
        wide >>= 31
        wide *= len(self.cards.customer)
        wide //= 3 << 30
        return wide

    def kinds_of(self, draws: npt.NDArray[np.uint16]) -> SmallCodes:
        """``LOCAL``, ``ONLINE`` or ``ABROAD`` for each draw."""
        kinds = (draws < self.online_below).astype(np.int8)
        kinds += draws < self.abroad_below
        return kinds

    def merchants_of(self, cards: Ints, kinds: SmallCodes, draws: npt.NDArray[np.uint32]) -> Ints:
        """A merchant for each row, where that kind of shopping takes the card's holder."""
        route = self.cards.route.take(cards)
        route += kinds
        away = np.flatnonzero(self.travels.take(cards) & (kinds == LOCAL))
        route[away] = self.tour[cards[away]]
        return self.routes.pick(route, draws)

    def shops_abroad(self, cards: Ints, draws: npt.NDArray[np.uint32]) -> Ints:
        """A shop for each card in the country that its holder would travel to."""
        return self.routes.pick(self.tour[cards], draws)


def _words(*columns: pa.ChunkedArray) -> list[str]:
    return sorted({word for column in columns for word in pc.unique(column).to_pylist()})


def _codes(column: pa.ChunkedArray, words: Sequence[str]) -> Codes:
    encoded = column.combine_chunks()
    code_of = {word: code for code, word in enumerate(words)}
    # A table fresh from its making may know words that no row uses.
    local = np.array([code_of.get(word, -1) for word in encoded.dictionary.to_pylist()], np.int32)
    codes: Codes = local[encoded.indices.to_numpy()]
    return codes


def _merchants(table: pa.Table, countries: Sequence[str], cities: Sequence[str]) -> Merchants:
    category = _codes(table["category"], CATEGORY_NAMES)
    return Merchants(
        table["name"].combine_chunks(),
        _codes(table["city"], cities),
        _codes(table["country"], countries),
        category,
        _codes(table["currency"], CURRENCY_CODES),
        table["is_online"].to_numpy(),
        category == CATEGORY_NAMES.index(CASH),
        popularity(table["popularity_rank"].to_numpy().astype(np.int64)),
    )


def _routes(merchants: Merchants, home_country: Ints, home_city: Ints) -> tuple[Routes, Ints]:
    """Three lists for each home, then one for each country, and which those are.

    The online lists, those of a country and those of all others, are shared by its cities.
    """
    lists: list[npt.NDArray[np.uint16]] = []
    starts: list[int] = []

    def add(chosen: Flags, otherwise: Flags, bits: int) -> int:
        members = np.flatnonzero(chosen if chosen.any() else otherwise)
        slots = apportion(1 << bits, merchants.weight[members])
        starts.append(starts[-1] + len(lists[-1]) if lists else 0)
        lists.append(np.repeat(members.astype(np.uint16), slots))
        return starts[-1]

    online = merchants.is_online
    everyone = np.ones(len(online), np.bool_)
    wide: dict[int, tuple[int, int, int]] = {}
    for country in range(int(max(merchants.country.max(), home_country.max())) + 1):
        here = merchants.country == country
        wide[country] = (
            add(here & online, here if here.any() else everyone, _WIDE_BITS),
            add(~here & online, here if here.any() else everyone, _WIDE_BITS),
            add(here & ~online, here if here.any() else everyone, _WIDE_BITS),
        )
    rows = []
    for country, city in zip(home_country.tolist(), home_city.tolist(), strict=True):
        near = (merchants.country == country) & ~online & (merchants.city == city)
        in_country = (merchants.country == country) & ~online
        local = add(near, in_country if in_country.any() else everyone, _LOCAL_BITS)
        rows.append([local, *wide[country][:2]])
    tours = np.arange(len(wide)) + 3 * len(rows)
    shifts = np.tile([32 - _LOCAL_BITS, 32 - _WIDE_BITS, 32 - _WIDE_BITS], len(rows))
    return (
        Routes(
            np.concatenate(lists),
            np.concatenate([np.array(rows).reshape(-1), [w[2] for w in wide.values()]]),
            np.concatenate([shifts, np.full(len(wide), 32 - _WIDE_BITS)]).astype(np.uint8),
        ),
        tours,
    )
