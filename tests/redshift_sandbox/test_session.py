"""Logging in, transactions, and both ways of sending a query."""

import os
import socket
import subprocess
import sys

import psycopg2
import pytest
import redshift_connector

from redshift_sandbox.identities import PASSWORD, USER
from tests.redshift_sandbox.conftest import by_psycopg2, by_redshift_connector, copy_sql, refusal_of

DRIVER_ERRORS = (psycopg2.Error, redshift_connector.Error)


def login_error(connect, **parameters):
    with pytest.raises(DRIVER_ERRORS) as caught:
        connect(**parameters)
    return str(caught.value)


def test_version_is_redshifts(client):
    version = client.value("SELECT version()")
    assert version.startswith("PostgreSQL 8.0.2 on i686-pc-linux-gnu")
    assert "Redshift 1.0." in version


def test_a_wrong_password_is_refused(connect):
    assert "password authentication failed" in login_error(connect, password="wrong")


def test_an_unknown_user_is_refused(connect):
    assert "password authentication failed" in login_error(connect, user="postgres")


def test_an_unknown_database_is_refused(connect):
    assert 'database "nowhere" does not exist' in login_error(connect, database="nowhere")


def test_values_can_be_bound(client, table):
    client.run(f"INSERT INTO {table} VALUES (%s, %s)", (1, "it's"))
    assert client.run(f"SELECT * FROM {table} WHERE note = %s", ("it's",)) == [(1, "it's")]


def test_backslashes_survive_being_bound(client, table):
    client.run(f"INSERT INTO {table} VALUES (%s, %s)", (1, "a\\b'"))
    assert client.value(f"SELECT note FROM {table}") == "a\\b'"


def test_statements_run_again(client, table):
    for number in range(3):
        client.run(f"INSERT INTO {table} VALUES (1, 'x')")
        assert client.value(f"SELECT count(*) FROM {table}") == number + 1


def test_after_an_error_the_transaction_waits_for_its_rollback(client, table):
    client.run(f"INSERT INTO {table} VALUES (1, 'x')")
    with pytest.raises(DRIVER_ERRORS):
        client.run("SELECT 1/0")
    with pytest.raises(DRIVER_ERRORS) as caught:
        client.run("SELECT 1")
    assert refusal_of(caught.value).sqlstate == "25P02"
    client.rollback()
    assert client.value(f"SELECT count(*) FROM {table}") == 0


def test_a_refusal_fails_the_transaction_too(client, table):
    client.run(f"INSERT INTO {table} VALUES (1, 'x')")
    with pytest.raises(DRIVER_ERRORS):
        client.run("SAVEPOINT here")
    with pytest.raises(DRIVER_ERRORS) as caught:
        client.run("SELECT 1")
    assert refusal_of(caught.value).sqlstate == "25P02"


def test_a_refusal_leaves_an_idle_session_idle(connect):
    client = connect(autocommit=True)
    assert client.refused("SAVEPOINT here").sqlstate == "0A000"
    assert client.value("SELECT 1") == 1


def test_truncate_commits(connect, client, table):
    client.run(f"INSERT INTO {table} VALUES (1, 'x')")
    client.commit()
    client.run(f"TRUNCATE {table}")
    client.rollback()
    assert client.value(f"SELECT count(*) FROM {table}") == 0


def test_truncate_commits_what_came_before(client, table):
    client.run(f"CREATE TABLE other_{table} (id BIGINT)")
    client.run(f"TRUNCATE {table}")
    client.rollback()
    assert client.value(f"SELECT count(*) FROM other_{table}") == 0


def test_truncate_empties_one_table_and_knows_no_options(client, table):
    for more in (", other", " CASCADE", " RESTART IDENTITY"):
        assert client.refused(f"TRUNCATE {table}{more}").sqlstate == "42601"


def test_who_holds_a_lock_can_be_seen(connect, client, table):
    client.run(f"LOCK TABLE {table}")
    (held,) = connect(autocommit=True).run(
        "SELECT txn_owner, granted FROM svv_transactions "
        f"WHERE lockable_object_type = 'relation' AND relation = '{table}'::regclass::oid::bigint"
    )
    assert list(held) == [USER, True]


@pytest.mark.parametrize("what", ["VACUUM", "ANALYZE"])
def test_maintenance_runs_only_outside_a_transaction(connect, client, table, what):
    client.run("SELECT 1")
    assert client.refused(f"{what} {table}").sqlstate == "25001"
    connect(autocommit=True).run(f"{what} {table}")


def test_temporary_tables_are_the_sessions_own(connect, client):
    client.run("CREATE TEMP TABLE mine (id BIGINT)")
    client.commit()
    assert connect().refused("SELECT * FROM mine").sqlstate == "42P01"


def test_a_statement_may_time_out(client):
    client.run("SET statement_timeout TO 1000")
    client.commit()
    assert client.refused("SELECT pg_sleep(600)").sqlstate == "57014"


CANCELS = """
import psycopg2, sys, threading
connection, ended = psycopg2.connect(sys.argv[1]), threading.Event()

def cancel():
    # Again and again, since the statement may not run yet.
    while not ended.wait(0.2):
        connection.cancel()

canceller = threading.Thread(target=cancel)
canceller.start()
try:
    connection.cursor().execute("SELECT pg_sleep(600)")
except psycopg2.errors.QueryCanceled:
    print("cancelled")
finally:
    ended.set()
    canceller.join()
"""


def test_what_runs_can_be_cancelled(sandbox):
    # In a process of its own: psycopg2 keeps the stand-in's thread waiting while it cancels.
    dsn = f"host=127.0.0.1 port={sandbox.redshift_port} user=sandbox password={PASSWORD} dbname=dev"
    ran = subprocess.run([sys.executable, "-c", CANCELS, dsn], capture_output=True, check=True)
    assert ran.stdout.strip() == b"cancelled"


@pytest.mark.parametrize("driver", [by_psycopg2])
class TestSeveralStatementsInOneQuery:
    """Only simple queries may hold them, which psycopg2 sends."""

    @pytest.fixture
    def client(self, connect):
        return connect(autocommit=True)

    def test_they_run_in_turn(self, client, table):
        assert client.value(f"INSERT INTO {table} VALUES (1, ';'); SELECT note FROM {table}") == ";"

    def test_they_fail_together(self, client, table):
        client.refused(f"INSERT INTO {table} VALUES (1, 'x'); SELECT 1/0")
        assert client.value(f"SELECT count(*) FROM {table}") == 0

    def test_a_load_among_them_fails_with_them(self, client, table, two_rows):
        client.refused(f"{copy_sql(table, two_rows)}; SELECT 1/0")
        assert client.value(f"SELECT count(*) FROM {table}") == 0

    def test_they_may_end_their_transaction(self, client, table, two_rows):
        client.refused(f"BEGIN; {copy_sql(table, two_rows)}; COMMIT; SELECT 1/0")
        assert client.value(f"SELECT count(*) FROM {table}") == 2

    def test_one_that_is_refused_stops_all(self, client, table):
        client.refused(f"INSERT INTO {table} VALUES (1, 'x'); SAVEPOINT here")
        assert client.value(f"SELECT count(*) FROM {table}") == 0

    def test_none_are_an_empty_query(self, client):
        with pytest.raises(psycopg2.ProgrammingError, match="can't execute an empty query"):
            client.run(" ; -- nothing")


@pytest.mark.parametrize("driver", [by_redshift_connector])
def test_a_prepared_query_holds_one_statement(connect):
    assert connect().refused("SELECT 1; SELECT 2").sqlstate == "42601"


def test_a_client_that_vanishes_frees_its_locks(connect, table):
    lost, other = connect(), connect()
    lost.run(f"INSERT INTO {table} VALUES (1, 'x')")
    cut(lost)
    other.run(f"LOCK {table}")
    assert other.value(f"SELECT count(*) FROM {table}") == 0


def cut(client):
    """End a connection as a killed process does."""
    connection = client.connection
    if hasattr(connection, "fileno"):
        with socket.socket(fileno=os.dup(connection.fileno())) as sock:
            sock.shutdown(socket.SHUT_RDWR)
    else:
        connection._usock.shutdown(socket.SHUT_RDWR)


class TestTls:
    @pytest.mark.parametrize("driver", [by_psycopg2])
    @pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
    def test_it_is_up_to_the_client(self, connect, mode):
        client = connect(sslmode=mode, options="")
        assert client.value("SELECT 1") == 1
        assert client.connection.info.ssl_in_use == (mode != "disable")

    @pytest.mark.parametrize("driver", [by_psycopg2])
    def test_the_certificate_is_for_the_loopback_address(self, connect, sandbox):
        client = connect(sslmode="verify-full", sslrootcert=str(sandbox.certificate))
        assert client.value("SELECT 1") == 1

    def test_a_client_that_does_not_trust_the_certificate_is_told_so(self, sandbox):
        with pytest.raises(redshift_connector.Error, match="CERTIFICATE_VERIFY_FAILED"):
            redshift_connector.connect(
                host="127.0.0.1",
                port=sandbox.redshift_port,
                database="dev",
                user=USER,
                password=PASSWORD,
            )

    def test_large_results_pass_through_it(self, sandbox, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(sandbox.certificate))
        with redshift_connector.connect(
            host="127.0.0.1",
            port=sandbox.redshift_port,
            database="dev",
            user=USER,
            password=PASSWORD,
        ) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT repeat('x', 60000) FROM generate_series(1, 200)")
            assert len(cursor.fetchall()) == 200
