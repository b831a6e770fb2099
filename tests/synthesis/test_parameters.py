from datetime import UTC, datetime, timedelta, timezone

import pytest

from txn_kedro.synthesis.examples import SMALL_PARAMETERS
from txn_kedro.synthesis.parameters import (
    ExecutionTime,
    GenerationParameters,
    Seed,
    WorldParameters,
)

WORLD = {"locales": ["en_US"], "customers": 1000, "merchants": 100}


def generation(**changes):
    return GenerationParameters.model_validate({**SMALL_PARAMETERS, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_rows": 0}, "min_rows: .*greater than or equal to 1, got 0"),
        ({"min_rows": -5}, "min_rows: .*greater than or equal to 1, got -5"),
        ({"min_rows": "many"}, "min_rows: .*valid integer, got 'many'"),
        ({"min_rows": 1.5}, "min_rows: .*valid integer, got 1.5"),
        ({"min_rows": True}, "min_rows: .*valid integer, got True"),
        ({"min_rows": None}, "min_rows: .*valid integer, got None"),
        ({"max_rows": 10**12}, "max_rows: .*less than or equal to 1000000000"),
        ({"max_rows": 10}, r"min_rows \(1,000\) is greater than max_rows \(10\)"),
        ({"parts": 0}, "parts: expected auto, or a whole number from 1 to 10,000, got 0"),
        ({"parts": "some"}, "parts: expected auto, .*, got 'some'"),
        ({"parts": True}, "parts: expected auto, .*, got True"),
        ({"parts": 2}, "parts: 2 would make parts outside 1 MB to 1,000 MB.*from 1 to 1, or auto"),
        ({"workers": 0}, "workers: .*greater than or equal to 1, got 0"),
        ({"fraud_share": 0.9}, "fraud_share: .*less than or equal to 0.05, got 0.9"),
        ({"fraud_share": float("nan")}, "fraud_share: .*finite number"),
        ({"refund_share": -0.1}, "refund_share: .*greater than or equal to 0"),
        ({"weekday_weights": [1] * 6}, "weekday_weights: .*at least 7 items"),
        ({"weekday_weights": [0] * 7}, "weekday_weights.0: .*greater than or equal to 1"),
        ({"hour_weights": {"weekday": [1] * 24}}, "hour_weights.weekend: Field required"),
        (
            {"hour_weights": {"weekday": [0] * 24, "weekend": [1] * 24}},
            "hour_weights.weekday: at least one hour needs a weight above zero",
        ),
        ({"min_row": 5}, "there is no parameter 'min_row' here"),
    ],
)
def test_a_senseless_generation_is_refused_in_a_sentence(changes, message):
    with pytest.raises(ValueError, match=message) as refusal:
        generation(**changes)
    assert "pydantic" not in str(refusal.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(ValueError, match=r"min_rows.*; max_rows.*"):
        generation(min_rows=0, max_rows=-1)


def test_parts_that_no_warehouse_loads_well_are_refused_with_a_range():
    with pytest.raises(ValueError, match="from 1 to 16, or auto"):
        generation(min_rows=500_000, max_rows=1_000_000, parts=50)


def test_parts_that_suit_no_row_count_of_the_range_are_refused():
    with pytest.raises(ValueError, match="ask for auto"):
        generation(min_rows=1, max_rows=1_000_000_000, parts=1)


@pytest.mark.parametrize("parts", [1, 8, 16, "auto"])
def test_parts_of_a_good_size_are_taken(parts):
    assert generation(min_rows=500_000, max_rows=1_000_000, parts=parts).parts == parts


def test_the_number_of_workers_is_no_part_of_the_data():
    assert generation(workers=1).of_the_data() == generation(workers=9).of_the_data()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"locales": []}, "locales: .*at least 1 item"),
        ({"locales": ["xx_XX"]}, "locales: unknown locale.*xx_XX; known: .*en_US"),
        ({"locales": ["en_US", "en_US"]}, "locales: names a locale twice"),
        ({"locales": "en_US"}, "locales: .*valid list, got 'en_US'"),
        ({"customers": 0}, "customers: .*greater than or equal to 100"),
        ({"merchants": 10**6}, "merchants: .*less than or equal to 60000"),
    ],
)
def test_a_senseless_world_is_refused_in_a_sentence(changes, message):
    with pytest.raises(ValueError, match=message):
        WorldParameters.model_validate({**WORLD, **changes})


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, "7", None, True])
def test_a_seed_is_a_whole_number_of_63_bits(seed):
    with pytest.raises(ValueError, match=r"got|should"):
        Seed.model_validate(seed)


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-22T06:00:00Z",
        "2026-11-22T06:00:00",
        "2026-11-22T07:00:00+01:00",
        "20261122T060000Z",
        "2026-11-22T06:00:00.999999Z",
        datetime(2026, 11, 22, 6, tzinfo=UTC),
        datetime(2026, 11, 22, 4, tzinfo=timezone(timedelta(hours=-2))),
    ],
)
def test_an_execution_time_is_brought_to_whole_seconds_of_utc(given):
    assert ExecutionTime.model_validate(given).root == datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_a_date_is_its_midnight():
    assert ExecutionTime.model_validate("2026-11-22").root == datetime(2026, 11, 22, tzinfo=UTC)


def test_now_is_the_present():
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= ExecutionTime.model_validate("now").root <= datetime.now(UTC)


@pytest.mark.parametrize(
    "given",
    [
        *("never", "", 20261122, "1969-12-31T00:00:00Z", "9999-01-01"),
        # Outside the span, or of no year at all, once they are in UTC.
        *("2199-12-31T23:30:00-01:00", "2000-01-01T00:30:00+01:00"),
        *("9999-12-31T23:30:00-01:00", "0001-01-01T00:30:00+01:00"),
    ],
)
def test_what_is_no_execution_time_is_refused(given):
    with pytest.raises(ValueError, match="expected"):
        ExecutionTime.model_validate(given)


@pytest.mark.parametrize(
    ("given", "year"), [("2200-01-01T00:30:00+01:00", 2199), ("1999-12-31T23:30:00-01:00", 2000)]
)
def test_the_span_of_years_is_that_of_utc(given, year):
    assert ExecutionTime.model_validate(given).root.year == year
