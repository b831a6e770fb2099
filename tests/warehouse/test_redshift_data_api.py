"""What is the Data API's own in a load: faults of the service, limits, types, cancelled statements.

What the loader must do by any transport is in test_conformance.py.
"""

import logging
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from redshift_sandbox.identities import NO_ACCESS_ROLE
from tests.campaigns import amount, draw
from tests.conftest import NOON, NOON_ID
from tests.cutting import Cutter
from txn_kedro.warehouse import data_api as service
from txn_kedro.warehouse.errors import LoadFailed, WarehouseRefused, WarehouseUnavailable
from txn_kedro.warehouse.steps import Step


@pytest.fixture
def faults(sandbox):
    """The faults of the sandbox's Data API; each must have happened by the end."""
    faults = sandbox.data_api.faults
    yield faults
    left = faults.left
    faults.clear()
    assert left == 0


@pytest.fixture
def warehouse(data_api):
    return data_api.table("transactions").warehouse


def query(warehouse, sql):
    return warehouse.read(lambda reader: reader.execute(sa.text(sql))).all()


def test_a_batch_takes_two_calls_besides_the_ledgers_look_up(data_api, sandbox):
    data_api.generate("2026-11-21")
    data_api.load()
    data_api.generate()
    pending = data_api.batches().load()
    before = sandbox.data_api.calls.copy()
    data_api.table("transactions").save({NOON_ID: pending[NOON_ID]})
    calls = sandbox.data_api.calls - before
    assert calls["BatchExecuteStatement"] == 1
    # The columns of two tables, and the ledger's rows.
    assert calls["ExecuteStatement"] == calls["GetStatementResult"] == 3
    assert calls["DescribeStatement"] >= 1


def test_values_keep_their_types(warehouse):
    (row,) = query(
        warehouse,
        "SELECT 1::bigint, 2::int, 12.50::numeric(18,2), 1.5::float8, true, 'ü; ''x'::varchar(9),"
        " '2026-11-22'::date, '2026-11-22 12:00:00.25'::timestamp, NULL::int, NULL::varchar(3)",
    )
    assert tuple(row) == (
        *(1, 2, Decimal("12.50"), 1.5, True, "ü; 'x", date(2026, 11, 22)),
        *(datetime(2026, 11, 22, 12, 0, 0, 250_000), None, None),
    )


def test_a_result_of_many_pages_is_whole_and_in_order(warehouse):
    rows = query(warehouse, "SELECT n FROM generate_series(1, 3500) AS t (n) ORDER BY n")
    assert [n for (n,) in rows] == list(range(1, 3501))


def test_a_large_result_is_refused_with_what_to_use_instead(warehouse, monkeypatch):
    monkeypatch.setattr(service, "LARGE_RESULT_BYTES", 10_000)
    with pytest.raises(WarehouseRefused, match="Select fewer rows .* transport: driver .* UNLOAD"):
        query(warehouse, "SELECT n FROM generate_series(1, 20000) AS t (n)")


def test_more_statements_than_the_service_takes_are_refused(warehouse):
    steps = [Step(sa.text("SELECT 1"))] * 41
    with pytest.raises(WarehouseRefused, match="41 statements must run in one transaction"):
        warehouse.run("test", steps)


def test_a_statement_that_is_too_long_is_refused(warehouse):
    with pytest.raises(WarehouseRefused, match="has 100,009 bytes, and the Data API takes 100,000"):
        warehouse.run("test", [Step(sa.text(f"SELECT {'1' * 100_002}"))])


@pytest.mark.parametrize("operation", ["BatchExecuteStatement", "DescribeStatement"])
def test_a_lost_answer_is_asked_for_again_and_starts_nothing(data_api, faults, operation):
    data_api.generate()
    faults.lose_answers(operation, 2)
    data_api.load()
    assert data_api.in_table() == data_api.in_ledger() == {NOON_ID: 100}


def test_an_answer_that_is_always_lost_is_given_up_and_the_ledger_decides(
    data_api, sandbox, caplog
):
    caplog.set_level(logging.INFO)
    data_api.generate("2026-11-21")
    data_api.load()
    data_api.generate()
    # The first transaction's five calls, and some of the second's.
    sandbox.data_api.faults.lose_answers("BatchExecuteStatement", 6)
    data_api.load()
    assert sandbox.data_api.faults.left == 0
    assert data_api.in_table() == data_api.in_ledger() == {"20261121T000000Z": 100, NOON_ID: 100}
    assert "Trying again (1 of 4): the Data API did not answer 5 times" in caplog.text
    assert f"{NOON_ID}: in the warehouse already" in caplog.text


@pytest.mark.parametrize("operation", ["BatchExecuteStatement", "ExecuteStatement"])
def test_a_throttled_call_is_made_again(data_api, faults, operation):
    data_api.generate()
    faults.throttle(operation, 2)
    data_api.load()
    assert data_api.in_table() == data_api.in_ledger() == {NOON_ID: 100}


@pytest.mark.slow
@pytest.mark.campaign
def test_whatever_is_lost_or_throttled_each_batch_is_loaded_once(data_api, sandbox):
    drawn, faults, expected = draw(), sandbox.data_api.faults, {}
    operations = ["BatchExecuteStatement", "DescribeStatement", "ExecuteStatement"]
    for number in range(amount(8, 100)):
        minute, second = divmod(number, 60)
        batch_id = data_api.generate(f"2026-01-01T00:{minute:02}:{second:02}Z", rows=100)
        for _ in range(drawn.randrange(4)):
            fault = drawn.choice([faults.throttle, faults.lose_answers])
            fault(drawn.choice(operations), drawn.randrange(1, 4))
        pending = data_api.batches().load()
        data_api.table("transactions").save({batch_id: pending[batch_id]})
        faults.clear()
        expected[batch_id] = 100
        assert data_api.in_table() == data_api.in_ledger() == expected


def test_a_statement_that_takes_too_long_is_cancelled_and_explained(data_api, redshift):
    data_api.generate()
    data_api.load()
    data_api.generate("2026-11-23")
    with redshift.connect() as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK transactions")
        with pytest.raises(LoadFailed, match="waiting for a lock included") as error:
            data_api.load(statement_timeout=2)
        assert "svv_transactions" in str(error.value)
        other.rollback()
    data_api.load()
    assert len(data_api.in_table()) == 2
    assert data_api.in_table() == data_api.in_ledger()


def test_the_reason_of_a_failed_copy_is_in_the_message(data_api):
    data_api.generate()
    with pytest.raises(LoadFailed, match="Access ?Denied") as error:
        data_api.load(credentials={"iam_role": NO_ACCESS_ROLE})
    assert "Reason from sys_load_error_detail: " in str(error.value)
    assert "Let the COPY role read the lake" in str(error.value)
    assert data_api.in_table() == data_api.in_ledger() == {}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"workgroup": "nowhere"}, "Check the workgroup, the database and the region"),
        ({"database": "nowhere"}, 'it refused the sign-in: ERROR: database "nowhere" does not'),
        ({"key": "somebody"}, "Make sure that the process has valid AWS credentials"),
        ({"secret": "canary-3f9a"}, "Make sure that the process has valid AWS credentials"),
    ],
)
def test_a_wrong_sign_in_is_refused_without_showing_it(data_api, wrong, told, caplog):
    caplog.set_level(logging.INFO)
    data_api.generate()
    with pytest.raises(WarehouseUnavailable) as error:
        data_api.load(credentials=wrong)
    assert told in str(error.value)
    assert "canary" not in f"{error.value!r} {error.value} {caplog.text}"


def test_the_plan_shows_the_guards_that_are_sent(data_api):
    data_api.generate(NOON)
    data_api.load()
    loader = data_api.table("transactions").loader
    lock, guard, copy, count, ledger = loader.plan(data_api.files())
    assert lock == "LOCK load_ledger"
    assert guard.startswith("SELECT 1 / CASE WHEN (count(load_ledger.batch_id) = 0)")
    assert copy.startswith("COPY transactions (")
    assert "pg_last_copy_count() = 100" in count
    assert ledger.startswith("INSERT INTO load_ledger")


@pytest.mark.parametrize("point", ["before", "during", "within", "after"])
@pytest.mark.parametrize("operation", ["BatchExecuteStatement", "DescribeStatement"])
def test_a_connection_cut_at_a_call_loads_once(data_api, sandbox, operation, point):
    data_api.generate()
    target = f"RedshiftData.{operation}".encode()
    with Cutter(sandbox.data_api_port, point, 2, target, after=b"") as cutter:
        through_cuts(data_api, cutter).load()
        assert cutter.left == 0
    assert data_api.in_table() == data_api.in_ledger() == {NOON_ID: 100}


@pytest.mark.slow
def test_a_connection_that_is_always_cut_is_given_up_and_loads_once_later(data_api, sandbox):
    data_api.generate()
    target = b"RedshiftData.BatchExecuteStatement"
    with (
        Cutter(sandbox.data_api_port, "during", 1000, target, after=b"") as cutter,
        pytest.raises(LoadFailed, match="the Data API did not answer 5 times") as error,
    ):
        through_cuts(data_api, cutter).load()
    assert "What is pending stays pending" in str(error.value)
    data_api.load()
    assert data_api.in_table() == data_api.in_ledger() == {NOON_ID: 100}


def through_cuts(project, cutter):
    return replace(project, data_api_endpoint=f"http://127.0.0.1:{cutter.port}")
