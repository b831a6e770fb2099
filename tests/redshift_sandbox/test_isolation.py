"""What sessions that run at the same time see of each other."""

import threading
from contextlib import contextmanager
from itertools import count

import pytest

from tests.patience import patience
from tests.redshift_sandbox.conftest import copy_sql
from tests.redshift_sandbox.test_session import cut

_names = count()


@pytest.fixture(params=["SNAPSHOT", "SERIALIZABLE"])
def level(request):
    return request.param


@pytest.fixture
def database(connect, level):
    """A new database of the level."""
    name = f"{level.lower()}_{next(_names)}"
    connect(autocommit=True).run(f"CREATE DATABASE {name} ISOLATION LEVEL {level}")
    owner = connect(database=name)
    owner.run("CREATE TABLE facts (id BIGINT, note VARCHAR(5))")
    owner.run("CREATE TABLE ledger (batch VARCHAR(9))")
    owner.commit()
    return name


@pytest.fixture
def two(connect, database):
    """Two sessions in the database."""
    return connect(database=database), connect(database=database)


@contextmanager
def waiting(client, sql):
    """Run SQL that must wait until the block has ended; hands it what failed."""
    failures = []

    def run():
        try:
            client.run(sql)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive(), f"{sql} did not wait"
    yield failures
    thread.join(patience(1))
    assert not thread.is_alive(), f"{sql} still waits"


def loaded(client):
    return client.value("SELECT count(*) FROM ledger") > 0


def load(client, batch):
    client.copy("facts", batch)
    client.run("INSERT INTO ledger VALUES ('b')")


def rows(client):
    client.rollback()
    return client.value("SELECT count(*) FROM facts")


only_snapshot = pytest.mark.parametrize("level", ["SNAPSHOT"], indirect=True)
only_serializable = pytest.mark.parametrize("level", ["SERIALIZABLE"], indirect=True)


@only_snapshot
def test_two_that_check_before_they_load_load_twice(two, two_rows):
    first, second = two
    assert not loaded(first)
    assert not loaded(second)
    load(first, two_rows)
    first.commit()
    load(second, two_rows)
    second.commit()
    assert rows(first) == 4


@only_serializable
def test_serializable_stops_the_second_of_them(two, two_rows):
    first, second = two
    assert not loaded(first)
    assert not loaded(second)
    load(first, two_rows)
    first.commit()
    refusal = second.refused("INSERT INTO ledger VALUES ('b')")
    assert (refusal.sqlstate, refusal.message) == ("XX000", "1023")
    assert refusal.detail.startswith("Serializable isolation violation on table - ")
    assert "transactions forming the cycle are: " in refusal.detail
    assert rows(first) == 2


def test_with_a_lock_first_the_second_sees_what_the_first_did(two, two_rows):
    first, second = two
    first.run("LOCK ledger")
    with waiting(second, "LOCK ledger"):
        assert not loaded(first)
        load(first, two_rows)
        first.commit()
    assert loaded(second)


def test_a_lock_keeps_readers_waiting(two):
    first, second = two
    first.run("LOCK ledger")
    with waiting(second, "SELECT * FROM ledger"):
        first.commit()


def test_writers_wait_for_each_other_and_readers_do_not(two):
    first, second = two
    first.run("INSERT INTO facts VALUES (1, 'x')")
    assert second.value("SELECT count(*) FROM facts") == 0
    second.commit()
    with waiting(second, "INSERT INTO facts VALUES (2, 'x')"):
        first.rollback()
    second.commit()
    assert rows(first) == 1


def test_a_load_waits_for_a_writer(two, two_rows):
    first, second = two
    first.run("DELETE FROM facts")
    with waiting(second, copy_sql("facts", two_rows)):
        first.rollback()
    second.commit()
    assert rows(first) == 2


@only_snapshot
def test_rows_that_another_has_changed_cannot_be_changed(two):
    first, second = two
    first.run("INSERT INTO facts VALUES (1, 'x')")
    first.commit()
    assert second.value("SELECT count(*) FROM facts") == 1
    first.run("UPDATE facts SET note = 'y'")
    first.commit()
    refusal = second.refused("UPDATE facts SET note = 'z'")
    assert (refusal.sqlstate, refusal.message) == ("XX000", "1023")


def test_a_snapshot_is_taken_once(two):
    first, second = two
    assert second.value("SELECT count(*) FROM facts") == 0
    first.run("INSERT INTO facts VALUES (1, 'x')")
    first.commit()
    assert second.value("SELECT count(*) FROM facts") == 0
    second.commit()
    assert second.value("SELECT count(*) FROM facts") == 1


@only_snapshot
@pytest.mark.parametrize(
    "sql",
    [
        "SET default_transaction_isolation TO 'read committed'",
        'SET "default_transaction_isolation" = DEFAULT',
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET transaction_isolation TO 'read committed'",
        "RESET default_transaction_isolation",
    ],
)
def test_no_session_changes_its_isolation(two, sql):
    first, second = two
    second.run(sql)
    test_a_snapshot_is_taken_once(two)
    assert first.value("SHOW transaction_isolation") == "repeatable read"


def test_begin_passes_over_a_level(connect, database, level):
    client = connect(database=database, autocommit=True)
    client.run("BEGIN ISOLATION LEVEL READ COMMITTED")
    postgres = {"SNAPSHOT": "repeatable read", "SERIALIZABLE": "serializable"}
    assert client.value("SHOW transaction_isolation") == postgres[level]
    client.run("ROLLBACK")


def test_dev_is_snapshot(client):
    assert client.value("SHOW transaction_isolation") == "repeatable read"


def test_a_new_database_is_snapshot_unless_told(connect):
    name = f"plain_{next(_names)}"
    connect(autocommit=True).run(f"CREATE DATABASE {name}")
    assert connect(database=name).value("SHOW transaction_isolation") == "repeatable read"


def test_a_database_may_change_its_level(connect, database):
    connect(autocommit=True).run(f"ALTER DATABASE {database} ISOLATION LEVEL SERIALIZABLE")
    assert connect(database=database).value("SHOW transaction_isolation") == "serializable"


def test_a_client_killed_in_a_load_leaves_nothing(connect, two, database, lake):
    writer, loader = two
    many = lake.batch({"id": list(range(300_000)), "note": ["x"] * 300_000})
    writer.run("INSERT INTO facts VALUES (1, 'x')")
    loader.run("LOCK ledger")
    with waiting(loader, copy_sql("facts", many)) as failures:
        cut(loader)
        # The load still waits for the writer.
        other = connect(database=database)
        other.run("LOCK ledger")
        assert not loaded(other)
    assert failures
    writer.rollback()
    assert rows(writer) == 0
