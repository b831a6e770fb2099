from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.reference import CATEGORIES, LOCALES
from txn_kedro.synthesis.tables import TABLES
from txn_kedro.synthesis.world import build_world


@pytest.fixture(scope="module")
def world():
    return build_world(SMALL_WORLD)


def test_the_same_recipe_makes_the_same_world(world):
    again = build_world(SMALL_WORLD)
    assert all(again.tables[name].equals(table) for name, table in world.tables.items())


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"locales": ("en_US",)}, {"customers": 1001}, {"merchants": 301}]
)
def test_another_recipe_has_another_fingerprint(change):
    assert replace(SMALL_WORLD, **change).fingerprint != SMALL_WORLD.fingerprint


def test_tables_have_the_contracts_columns_and_the_rows_asked_for(world):
    for name, table in world.tables.items():
        assert table.schema.equals(TABLES[name].arrow_schema)
        assert set(table["world_fingerprint"].to_pylist()) == {SMALL_WORLD.fingerprint}
    assert world.customers.num_rows == 1000
    assert world.merchants.num_rows == 300
    assert 1000 < world.cards.num_rows < 3000


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_makes_a_world_whose_words_fit_their_columns(locale):
    world = build_world(replace(SMALL_WORLD, locales=(locale,), customers=200, merchants=100))
    for name, table in world.tables.items():
        for column in TABLES[name].columns:
            assert table[column.name].null_count == 0
            if column.max_bytes is not None:
                longest = pc.max(pc.binary_length(table[column.name].cast(pa.string()))).as_py()
                assert 0 < longest <= column.max_bytes, column.name


def test_ids_count_from_one_and_names_of_merchants_are_unique(world):
    assert world.customers["customer_id"].to_pylist() == list(range(1, 1001))
    assert world.merchants["merchant_id"].to_pylist() == list(range(1, 301))
    assert len(set(world.merchants["name"].to_pylist())) == 300


def test_every_card_is_a_customers_and_every_customer_has_one_to_three(world):
    each = np.bincount(world.cards["customer_id"].to_numpy(), minlength=1001)[1:]
    assert each.min() == 1
    assert each.max() == 3


def test_countries_currencies_and_codes_are_those_of_the_standards(world):
    countries = {LOCALES[locale][0]: LOCALES[locale][1].code for locale in SMALL_WORLD.locales}
    merchants = world.merchants.select(["country", "currency", "mcc", "category"]).to_pylist()
    known = {category.name: category.mcc for category in CATEGORIES}
    assert {merchant["country"] for merchant in merchants} == set(countries)
    assert all(countries[merchant["country"]] == merchant["currency"] for merchant in merchants)
    assert all(known[merchant["category"]] == merchant["mcc"] for merchant in merchants)


def test_customers_live_within_some_ten_kilometres_of_their_city(world):
    place = dict(
        zip(
            world.merchants["city"].to_pylist(),
            zip(
                world.merchants["latitude"].to_pylist(),
                world.merchants["longitude"].to_pylist(),
                strict=True,
            ),
            strict=True,
        )
    )
    homes = world.customers.select(["city", "latitude", "longitude"]).to_pylist()
    with_shops = [home for home in homes if home["city"] in place]
    assert len(with_shops) > 900
    for home in with_shops:
        latitude, longitude = place[home["city"]]
        assert abs(home["latitude"] - latitude) <= 0.0901
        assert abs(home["longitude"] - longitude) <= 0.0901


def test_popularity_ranks_are_a_permutation(world):
    assert sorted(world.merchants["popularity_rank"].to_pylist()) == list(range(1, 301))


def test_only_masked_numbers_are_published(world):
    masked = world.cards["card_number_masked"].to_pylist()
    assert all(set(number[6:-4]) == {"*"} and len(number) in (15, 16) for number in masked)
