from dataclasses import replace

import numpy as np
import pytest

from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.market import ABROAD, LOCAL, ONLINE, Market
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.world import build_world

ROWS = 20_000
BITS = RandomBits(7, Stream.SHARD)


@pytest.fixture(scope="module")
def market():
    return Market.of(build_world(SMALL_WORLD), cross_border_share=0.1)


def shop(market, kind):
    cards = market.cards_of(BITS.uint32(ROWS))
    return cards, market.merchants_of(cards, np.full(ROWS, kind, np.int8), BITS.uint32(ROWS))


def test_local_shopping_is_in_the_home_country_and_offline(market):
    cards, shops = shop(market, LOCAL)
    assert np.all(market.merchants.country[shops] == market.cards.country[cards])
    assert not market.merchants.is_online[shops].any()


def test_online_shopping_is_in_the_home_country(market):
    cards, shops = shop(market, ONLINE)
    assert np.all(market.merchants.country[shops] == market.cards.country[cards])
    assert market.merchants.is_online[shops].all()


def test_shopping_abroad_is_in_another_country(market):
    cards, shops = shop(market, ABROAD)
    assert np.all(market.merchants.country[shops] != market.cards.country[cards])


def test_kinds_of_shopping_have_their_shares(market):
    kinds = market.kinds_of(BITS.uint16(100_000))
    share = np.bincount(kinds, minlength=3) / 100_000
    assert share[ABROAD] == pytest.approx(0.1, abs=0.005)
    assert share[LOCAL] > share[ONLINE] > share[ABROAD]


def test_a_merchant_is_met_as_often_as_it_is_visited(market):
    _, shops = shop(market, ABROAD)
    met = np.bincount(shops, minlength=len(market.merchants.weight))
    busiest = np.argsort(market.merchants.weight)[::-1]
    assert met[busiest[:10]].sum() > 5 * met[busiest[100:110]].sum()


def test_every_card_is_drawn_and_the_first_more_often(market):
    drawn = np.bincount(
        market.cards_of(BITS.uint32(1_000_000)), minlength=len(market.cards.customer)
    )
    assert drawn.min() > 0
    assert drawn[:100].sum() > 3 * drawn[-100:].sum()


def test_a_world_of_one_country_shops_at_home():
    world = build_world(replace(SMALL_WORLD, locales=("de_DE",)))
    market = Market.of(world, cross_border_share=0.1)
    _, shops = shop(market, ABROAD)
    assert set(market.merchants.country[shops].tolist()) == {0}
