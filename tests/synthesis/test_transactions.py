"""The properties that a day of transactions keeps."""

import hashlib
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from tests.paths import CONF
from txn_kedro.synthesis.batch import BatchPlan
from txn_kedro.synthesis.examples import small_plan, small_world
from txn_kedro.synthesis.reference import CATEGORIES, CURRENCIES, LOCALES
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.synthesis.transactions import Synthesiser

DEFAULTS = yaml.safe_load((CONF / "base/parameters_generation.yml").read_text())


@pytest.fixture(scope="module")
def frame(day) -> pd.DataFrame:
    plain = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in day.schema]
    frame = day.cast(pa.schema(zip(day.column_names, plain, strict=True))).to_pandas()
    frame["amount"] = frame["amount"].astype(float)
    originals = day["original_transaction_id"].to_pylist()
    frame["original_transaction_id"] = pd.array(originals, dtype="Int64")  # a float is too short
    return frame


@pytest.fixture(scope="module")
def ordinary(frame) -> pd.DataFrame:
    """Purchases that are no fraud."""
    return frame[(frame["transaction_type"] == "purchase") & ~frame["is_fraud"]]


def shards_of(plan: BatchPlan) -> list[pa.RecordBatch]:
    synthesiser = Synthesiser(plan, small_world(plan.world))
    return [synthesiser.shard(shard) for part in plan.parts() for shard in part.shards]


# Identity


def test_the_columns_are_the_contracts(day):
    assert day.schema.equals(TRANSACTIONS.arrow_schema)


def test_a_shard_is_the_same_whatever_was_made_before():
    plan = small_plan("2026-11-22T12:00:00Z", 300_000)
    in_order = shards_of(plan)
    shards = [shard for part in plan.parts() for shard in part.shards]
    synthesiser = Synthesiser(plan, small_world())
    backwards = [synthesiser.shard(shard) for shard in reversed(shards)]
    assert len(in_order) > 2
    assert all(a.equals(b) for a, b in zip(in_order, reversed(backwards), strict=True))


def test_the_rows_are_those_of_yesterday():
    (shard,) = shards_of(small_plan("2026-11-22T12:00:00Z", 1000))
    digest = hashlib.sha256(repr(shard.to_pylist()).encode()).hexdigest()
    assert digest[:16] == "0f201150ed3e62f1", (
        "raise GENERATOR_VERSION or WORLD_VERSION if this was meant"
    )


@pytest.mark.parametrize("rows", [1, 2, 3, 10, 50])
def test_a_batch_may_be_tiny(rows):
    (shard,) = shards_of(
        small_plan("2026-11-22T12:00:00Z", rows, refund_share=0.5, fraud_share=0.05)
    )
    assert shard.num_rows == rows
    shard.validate(full=True)


def test_another_seed_or_time_makes_other_rows():
    rows = [
        shards_of(small_plan(when, 100, seed=seed))[0].column("amount").to_pylist()
        for when, seed in [("2026-11-22", 7), ("2026-11-22", 8), ("2026-11-23", 7)]
    ]
    assert all(one != other for one, other in pairwise([*rows, rows[0]]))


# Keys


def test_arrays_are_sound(day):
    day.validate(full=True)


def test_nothing_is_null_but_what_may_be(day):
    for column in TRANSACTIONS.columns:
        assert column.nullable or day[column.name].null_count == 0, column.name


def test_transaction_ids_are_unique_and_ascend_with_time(frame):
    assert frame["transaction_id"].is_unique
    assert frame["transaction_id"].is_monotonic_increasing
    assert frame["event_ts"].is_monotonic_increasing


def test_events_happen_on_the_execution_date(frame):
    assert set(frame["event_ts"].dt.date.astype(str)) == {"2026-11-20"}


def test_a_card_is_always_the_same_customers_and_a_merchant_always_the_same(frame):
    assert frame.groupby("card_id")["customer_id"].nunique().max() == 1
    facts = ["merchant_name", "mcc", "category", "merchant_city", "merchant_country", "currency"]
    assert frame.groupby("merchant_id")[facts].nunique().max().max() == 1


def test_there_are_no_orphans():
    world, (shard,) = small_world(), shards_of(small_plan("2026-11-22T12:00:00Z", 5000))
    for key, table in (
        ("customer_id", world.customers),
        ("card_id", world.cards),
        ("merchant_id", world.merchants),
    ):
        known = pc.is_in(shard.column(key), value_set=table[key].combine_chunks())
        assert pc.all(known).as_py(), key


def test_codes_are_those_of_the_standards(frame):
    by_category = {category.name: category.mcc for category in CATEGORIES}
    assert (frame["category"].map(by_category) == frame["mcc"]).all()
    countries = {LOCALES[locale][0] for locale in DEFAULTS["world"]["locales"]}
    assert set(frame["merchant_country"]) == countries
    of_country = {country: currency.code for country, currency in CURRENCIES.items()}
    assert (frame["merchant_country"].map(of_country) == frame["currency"]).all()


# Amounts


def test_amounts_are_positive_and_whole_in_yen(frame):
    assert (frame["amount"] > 0).all()
    yen = frame.loc[frame["currency"] == "JPY", "amount"]
    assert (yen % 1 == 0).all()


def test_pooled_amounts_are_log_normal_with_a_sigma_near_086(ordinary):
    logs = np.log(ordinary.loc[ordinary["currency"] == "USD", "amount"])
    assert logs.std() == pytest.approx(0.86, abs=0.08)
    assert np.exp(logs.median()) == pytest.approx(30, rel=0.15)


def test_categories_differ_in_shape(ordinary):
    dollars = ordinary[ordinary["currency"] == "USD"]
    by_category = np.log(dollars["amount"]).groupby(dollars["category"])
    assert by_category.median().max() - by_category.median().min() > 2
    assert by_category.std().max() - by_category.std().min() > 0.3


# Merchants


def test_categories_have_their_shares(ordinary):
    share = ordinary["category"].value_counts(normalize=True)
    for category in CATEGORIES:
        if category.name != "cash":
            assert share[category.name] == pytest.approx(category.share / 955, rel=0.12)


@pytest.mark.parametrize("ranks", [100, 1000, 3000])
def test_merchants_are_visited_zipf_like(ordinary, ranks):
    visits = ordinary["merchant_id"].value_counts().to_numpy()[:ranks]
    slope = np.polyfit(np.log(np.arange(1, ranks + 1)), np.log(visits), 1)[0]
    assert -1.2 < slope < -0.8


def test_card_present_purchases_are_mostly_near_home(ordinary):
    present = ordinary[ordinary["channel"] != "ecommerce"]
    assert (present["merchant_country"] == present["customer_country"]).mean() > 0.9


def test_a_minority_crosses_the_border_and_pays_in_the_merchants_currency(frame):
    abroad = frame["merchant_country"] != frame["customer_country"]
    assert (abroad == frame["is_cross_border"]).all()
    assert abroad.mean() == pytest.approx(DEFAULTS["generation"]["cross_border_share"], abs=0.01)


# Time


def test_the_day_has_the_configured_shape(frame):
    weights = np.array(DEFAULTS["generation"]["hour_weights"]["weekday"])
    expected = weights / weights.sum() * len(frame)
    found = np.bincount(frame["event_ts"].dt.hour, minlength=24)
    chi_square = ((found - expected) ** 2 / expected).sum()
    assert chi_square < 41.6  # 23 degrees of freedom, 1 %


# Outcomes


def test_shares_of_outcomes_are_as_configured(frame):
    generation = DEFAULTS["generation"]
    share = frame["status"].value_counts(normalize=True)
    assert share["declined"] == pytest.approx(generation["decline_share"], abs=0.006)
    assert 0.004 < share["reversed"] < 0.012


def test_a_reason_is_given_where_and_only_where_it_was_declined(frame):
    assert (frame["decline_reason"].notna() == (frame["status"] == "declined")).all()


def test_reasons_suit_their_channel(frame):
    reasons = frame.groupby("decline_reason")["channel"].unique()
    assert "ecommerce" not in reasons["incorrect_pin"]
    assert set(reasons["cvv_mismatch"]) == {"ecommerce"}


def test_withdrawals_are_cash_of_whole_notes(frame):
    cash = frame[frame["transaction_type"] == "withdrawal"]
    assert 0.02 < len(cash) / len(frame) < 0.07
    assert set(cash["channel"]) == {"atm"}
    assert set(cash["category"]) == {"cash"}
    dollars = cash[cash["currency"] == "USD"]
    assert (dollars["amount"] % 20 == 0).all()


# Refunds


@pytest.fixture(scope="module")
def refunds(frame) -> pd.DataFrame:
    """Refunds beside the purchases that they point at."""
    refunds = frame[frame["transaction_type"] == "refund"]
    originals = frame.set_index("transaction_id").loc[refunds["original_transaction_id"]]
    return refunds.reset_index(drop=True).join(originals.reset_index().add_prefix("its_"))


def test_refunds_are_a_small_share_and_alone_point_at_a_purchase(frame, refunds):
    assert 0.01 < len(refunds) / len(frame) < 0.03
    pointing = frame["original_transaction_id"].notna()
    assert (pointing == (frame["transaction_type"] == "refund")).all()


def test_a_refund_gives_back_an_earlier_approved_purchase_at_most_once(refunds):
    assert set(refunds["its_transaction_type"]) == {"purchase"}
    assert set(refunds["its_status"]) == {"approved"}
    assert not refunds["its_is_fraud"].any()
    assert (refunds["its_event_ts"] <= refunds["event_ts"]).all()
    assert refunds["original_transaction_id"].is_unique


def test_a_refund_is_of_the_same_card_and_merchant_and_never_exceeds(refunds):
    for column in ("card_id", "merchant_id", "currency", "channel"):
        assert (refunds[column] == refunds[f"its_{column}"]).all()
    assert (refunds["amount"] <= refunds["its_amount"]).all()
    assert 0.4 < (refunds["amount"] == refunds["its_amount"]).mean() < 0.8


# Fraud


def test_fraud_is_rare_named_and_mostly_by_night(frame):
    fraud = frame[frame["is_fraud"]]
    assert 0.001 < len(fraud) / len(frame) < 0.005
    assert set(fraud["fraud_pattern"]) == {"card_testing", "impossible_travel", "account_takeover"}
    assert frame.loc[~frame["is_fraud"], "fraud_pattern"].isna().all()
    night = [22, 23, 0, 1, 2, 3, 4, 5]
    assert fraud["event_ts"].dt.hour.isin(night).mean() > 0.5
    assert frame["event_ts"].dt.hour.isin(night).mean() < 0.1


def test_card_testing_probes_one_card_with_small_sums_in_bursts(frame):
    probes = frame[frame["fraud_pattern"] == "card_testing"]
    dollars = probes[probes["currency"] == "USD"]
    assert dollars["amount"].max() <= 3
    assert set(probes["channel"]) == {"ecommerce"}
    bursts = probes.groupby("card_id")["event_ts"].agg(["size", "min", "max"])
    long = bursts[bursts["size"] >= 6]
    assert len(long) > 0.8 * len(bursts)
    assert ((long["max"] - long["min"]) < pd.Timedelta(minutes=10)).mean() > 0.9


def test_impossible_travel_pays_abroad_shortly_after_paying_at_home(frame):
    abroad = frame[frame["fraud_pattern"] == "impossible_travel"]
    assert abroad["is_cross_border"].all()
    assert not abroad["channel"].isin(["ecommerce"]).any()
    at_home = frame[
        ~frame["is_cross_border"] & ~frame["is_fraud"] & (frame["channel"] != "ecommerce")
    ]
    pairs = abroad.merge(at_home, on="card_id", suffixes=("", "_home"))
    gap = pairs["event_ts"] - pairs["event_ts_home"]
    explained = pairs.loc[(gap > pd.Timedelta(0)) & (gap < pd.Timedelta(hours=1)), "transaction_id"]
    assert abroad["transaction_id"].isin(explained).mean() > 0.95


def test_no_honest_holder_pays_in_two_countries_within_an_hour(frame):
    honest = frame[~frame["is_fraud"] & (frame["channel"] != "ecommerce")]
    present = honest[honest["transaction_type"] != "refund"].sort_values(["card_id", "event_ts"])
    before = present.groupby("card_id")[["event_ts", "merchant_country"]].shift()
    soon = present["event_ts"] - before["event_ts"] < pd.Timedelta(hours=1)
    elsewhere = present["merchant_country"] != before["merchant_country"]
    assert soon.sum() > 1000
    assert (soon & elsewhere).sum() < 5


def test_no_card_is_used_all_day(frame):
    assert frame["card_id"].value_counts().max() < 60


def test_account_takeovers_spend_much_online(frame):
    spent = frame[(frame["fraud_pattern"] == "account_takeover") & (frame["currency"] == "USD")]
    assert spent["amount"].min() >= 250
    assert set(spent["channel"]) == {"ecommerce"}
