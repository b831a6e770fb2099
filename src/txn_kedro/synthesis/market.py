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

    from txn_kedro.synthesis.world import World

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
SmallCodes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

LOCAL, ONLINE, ABROAD = range(3)

_LOCAL_BITS, _WIDE_BITS = 12, 16
"""Log2 of the slots of a city's and of a country's list; below one slot nobody is drawn."""

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
    country: SmallCodes
    category: SmallCodes
    currency: SmallCodes
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
    route: Codes


@dataclass(frozen=True)
class Routes:
    """Lists of merchants that a draw of 32 bits picks from, each as often as it is visited.

    Attributes:
        merchants: All lists, one after another.
        starts: Where each list begins.
        shifts: How far a draw is shifted right to index the list.
    """

    merchants: npt.NDArray[np.uint16]
    starts: Codes
    shifts: npt.NDArray[np.uint8]

    def pick(self, route: Codes, draws: npt.NDArray[np.uint32]) -> Codes:
        """A merchant of the list ``route`` for each draw."""
        slot = self.starts[route] + (draws >> self.shifts[route]).astype(np.int32)
        return self.merchants[slot].astype(np.int32)


@dataclass(frozen=True)
class Market:
    """A world, ready to be drawn from.

    Attributes:
        countries: ISO codes that country codes index.
        cities: Names that city codes index.
        merchants: The merchants.
        cards: The cards.
        routes: For each home city three lists: near home, online, abroad.
        online_below, abroad_below: Thresholds of 16 bits for the kind of shopping.
    """

    countries: list[str]
    cities: list[str]
    merchants: Merchants
    cards: Cards
    routes: Routes
    online_below: int
    abroad_below: int

    @classmethod
    def of(cls, world: World, cross_border_share: float) -> Market:
        """Prepare a world for drawing.

        Args:
            world: The reference tables.
            cross_border_share: Part of all transactions that go to another country.
        """
        countries = _words(world.customers["country"], world.merchants["country"])
        cities = _words(world.customers["city"], world.merchants["city"])
        merchants = _merchants(world.merchants, countries, cities)
        home_country = _codes(world.customers["country"], countries)
        home = home_country.astype(np.int64) * len(cities) + _codes(world.customers["city"], cities)
        places, place = np.unique(home, return_inverse=True)
        customer = world.cards["customer_id"].to_numpy() - 1
        weight = merchants.weight
        online = float(weight[merchants.is_online].sum()) / float(weight.sum())
        return cls(
            countries,
            cities,
            merchants,
            Cards(
                customer,
                home_country[customer].astype(np.int8),
                (place[customer] * 3).astype(np.int32),
            ),
            _routes(merchants, places // len(cities), places % len(cities)),
            threshold_16(cross_border_share + (1 - cross_border_share) * online),
            threshold_16(cross_border_share),
        )

    def cards_of(self, draws: npt.NDArray[np.uint32]) -> Codes:
        """A card for each draw; the n-th is used about as often as one over the root of n."""
        wide = draws.astype(np.uint64)
        wide *= wide
        wide >>= np.uint64(32)
        wide *= np.uint64(len(self.cards.customer))
        wide >>= np.uint64(32)
        return wide.astype(np.int32)

    def kinds_of(self, draws: npt.NDArray[np.uint16]) -> SmallCodes:
        """``LOCAL``, ``ONLINE`` or ``ABROAD`` for each draw."""
        kinds = (draws < self.online_below).astype(np.int8)
        kinds += draws < self.abroad_below
        return kinds

    def merchants_of(self, cards: Codes, kinds: SmallCodes, draws: npt.NDArray[np.uint32]) -> Codes:
        """A merchant for each row, where that kind of shopping takes the card's holder."""
        return self.routes.pick(self.cards.route[cards] + kinds, draws)


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
        _codes(table["country"], countries).astype(np.int8),
        category.astype(np.int8),
        _codes(table["currency"], CURRENCY_CODES).astype(np.int8),
        table["is_online"].to_numpy(),
        category == CATEGORY_NAMES.index(CASH),
        popularity(table["popularity_rank"].to_numpy().astype(np.int64)),
    )


def _routes(merchants: Merchants, home_country: Ints, home_city: Ints) -> Routes:
    """Three lists for each home; the lists of a country are shared by its cities."""
    lists: list[npt.NDArray[np.uint16]] = []
    starts: list[int] = []

    def add(chosen: Flags, otherwise: Flags, bits: int) -> int:
        members = np.flatnonzero(chosen if chosen.any() else otherwise)
        slots = apportion(1 << bits, merchants.weight[members])
        starts.append(sum(map(len, lists[-1:])) + (starts[-1] if starts else 0))
        lists.append(np.repeat(members.astype(np.uint16), slots))
        return starts[-1]

    wide: dict[int, tuple[int, int]] = {}
    for country in np.unique(home_country).tolist():
        here = merchants.country == country
        everyone = here if here.any() else ~here
        wide[country] = (
            add(here & merchants.is_online, everyone, _WIDE_BITS),
            add(~here, everyone, _WIDE_BITS),
        )
    rows = []
    for country, city in zip(home_country.tolist(), home_city.tolist(), strict=True):
        here = merchants.country == country
        near = here & ~merchants.is_online & (merchants.city == city)
        rows.append([add(near, here if here.any() else ~here, _LOCAL_BITS), *wide[country]])
    shifts = np.tile([32 - _LOCAL_BITS, 32 - _WIDE_BITS, 32 - _WIDE_BITS], len(rows))
    return Routes(
        np.concatenate(lists), np.array(rows, np.int32).reshape(-1), shifts.astype(np.uint8)
    )
