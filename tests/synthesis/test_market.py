from dataclasses import replace

import numpy as np
import pytest

from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.market import ABROAD, LOCAL, ONLINE, Market
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.world import build_world

ROWS = 20_000
BITS = RandomBits(7, Stream.SHARD)


def market_of(recipe):
    bits = RandomBits(7, Stream.TRAVEL)
    return Market.of(build_world(recipe), cross_border_share=0.1, bits=bits)


@pytest.fixture(scope="module")
def market():
    return market_of(SMALL_WORLD)


def shop(market, kind):
    cards = market.cards_of(BITS.uint32(ROWS))
    return cards, market.merchants_of(cards, np.full(ROWS, kind, np.int8), BITS.uint32(ROWS))


def test_local_shopping_is_offline_and_at_home_but_for_travellers(market):
    cards, shops = shop(market, LOCAL)
    at_home = market.merchants.country[shops] == market.cards.country[cards]
    assert np.array_equal(at_home, ~market.travels[cards])
    assert not market.merchants.is_online[shops].any()


def test_a_traveller_is_in_one_country_all_day(market):
    cards, shops = shop(market, LOCAL)
    for card in np.unique(cards[market.travels[cards]])[:20]:
        assert len(set(market.merchants.country[shops[cards == card]].tolist())) == 1


def test_online_shopping_is_in_the_home_country(market):
    cards, shops = shop(market, ONLINE)
    assert np.all(market.merchants.country[shops] == market.cards.country[cards])
    assert market.merchants.is_online[shops].all()


def test_shopping_abroad_is_online_in_another_country(market):
    cards, shops = shop(market, ABROAD)
    assert np.all(market.merchants.country[shops] != market.cards.country[cards])
    assert market.merchants.is_online[shops].all()


def test_half_of_what_crosses_a_border_is_bought_by_travellers(market):
    cards = market.cards_of(BITS.uint32(200_000))
    kinds = market.kinds_of(BITS.uint16(200_000))
    shops = market.merchants_of(cards, kinds, BITS.uint32(200_000))
    crossed = market.merchants.country[shops] != market.cards.country[cards]
    assert crossed.mean() == pytest.approx(0.1, abs=0.01)
    assert market.merchants.is_online[shops[crossed]].mean() == pytest.approx(0.5, abs=0.08)


def test_kinds_of_shopping_have_their_shares(market):
    kinds = market.kinds_of(BITS.uint16(100_000))
    share = np.bincount(kinds, minlength=3) / 100_000
    assert share[ABROAD] == pytest.approx(0.05, abs=0.005)
    assert share[LOCAL] > share[ONLINE] > share[ABROAD]


def test_a_merchant_is_met_as_often_as_it_is_visited(market):
    _, shops = shop(market, ONLINE)
    met = np.bincount(shops, minlength=len(market.merchants.weight))
    online = np.flatnonzero(market.merchants.is_online)
    busiest = online[np.argsort(market.merchants.weight[online])[::-1]]
    expected = market.merchants.weight[busiest] / market.merchants.weight[busiest].sum()
    assert met[busiest[:5]].sum() / ROWS == pytest.approx(expected[:5].sum(), rel=0.3)
    assert met[busiest[:5]].sum() > 3 * met[busiest[-5:]].sum()


def test_every_card_is_drawn_and_the_first_five_times_as_often_as_the_last(market):
    count = len(market.cards.customer)
    drawn = np.bincount(market.cards_of(BITS.uint32(2_000_000)), minlength=count)
    assert drawn.min() > 0
    assert drawn[:50].sum() / drawn[-50:].sum() == pytest.approx(5, abs=1)
    assert len(drawn) == count


def test_a_world_of_one_country_shops_at_home():
    market = market_of(replace(SMALL_WORLD, locales=("de_DE",)))
    _, shops = shop(market, ABROAD)
    assert set(market.merchants.country[shops].tolist()) == {0}
    assert not market.travels.any()
