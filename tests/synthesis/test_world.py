from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.randomness import RandomBits, Stream
from txn_kedro.synthesis.reference import CATEGORIES, LOCALES
from txn_kedro.synthesis.schema import TABLES
from txn_kedro.synthesis.world import build_world, card_numbers, mask


@pytest.fixture(scope="module")
def world():
    return build_world(SMALL_WORLD)


def luhn_sum(number: int) -> int:
    digits = [int(digit) for digit in str(number)]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return sum(doubled) + sum(digits[-1::-2])


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


def test_card_numbers_are_luhn_valid_and_of_their_networks():
    network = np.repeat([0, 1, 2], 500)
    numbers = card_numbers(network, RandomBits(7, Stream.WORLD, 9)).tolist()
    assert all(luhn_sum(number) % 10 == 0 for number in numbers)
    visa, mastercard, amex = (
        [str(number) for number in numbers[i : i + 500]] for i in (0, 500, 1000)
    )
    assert {(number[0], len(number)) for number in visa} == {("4", 16)}
    assert {(number[:2], len(number)) for number in mastercard} == {
        (f"5{d}", 16) for d in range(1, 6)
    }
    assert {(number[:2], len(number)) for number in amex} == {("34", 15), ("37", 15)}


def test_only_masked_numbers_are_published(world):
    masked = world.cards["card_number_masked"].to_pylist()
    assert all(set(number[6:-4]) == {"*"} and len(number) in (15, 16) for number in masked)


def test_a_mask_keeps_the_first_six_and_the_last_four():
    numbers = np.array([4111111111111111, 378282246310005])
    assert mask(numbers).to_pylist() == ["411111******1111", "378282*****0005"]
