"""What is Redshift's own in a load: COPY, the wire, roles, sign-in, locks, and no secret shown.

What the loader must do in any warehouse is in test_conformance.py.
"""

import json
import logging
import socket
import threading
import traceback
from contextlib import suppress
from dataclasses import replace

import psutil
import pyarrow as pa
import pytest
import redshift_connector
from kedro.io import DatasetError

from redshift_sandbox import Sandbox
from redshift_sandbox.identities import NO_ACCESS_ROLE, PASSWORD, SECRET_KEY
from tests.campaigns import amount
from tests.conftest import NOON, NOON_ID
from tests.cutting import Cutter
from tests.forking import run_program
from tests.redshift import new_project
from tests.warehouse.test_conformance import EVERYTHING, FIVE_DAYS, assert_same_rows
from txn_kedro.warehouse.errors import LoadFailed, TableMismatch, WarehouseUnavailable
from txn_kedro.warehouse.pending import find_pending

CANARY = "canary-3f9a"
ISOLATION = pytest.mark.parametrize("isolation", ["SNAPSHOT", "SERIALIZABLE"])


@pytest.fixture
def five(redshift):
    """Five committed batches of 101 to 105 rows."""
    for day in range(1, 6):
        redshift.generate(f"2026-11-2{day}T12:00:00Z", rows=100 + day)
    return redshift


def copies(project):
    """Loads of transactions that Redshift remembers, by their end."""
    rows = project.sql("SELECT table_name, status FROM sys_load_history ORDER BY query_id")
    return [status for table, status in rows if table == "transactions"]


def test_each_batch_is_loaded_by_one_copy(five):
    five.load()
    five.load()
    assert five.in_table() == five.in_ledger() == EVERYTHING
    assert copies(five) == ["completed"] * 5


@pytest.mark.slow
def test_a_million_rows_arrive_by_one_copy(redshift):
    redshift.generate(rows=1_000_000)
    redshift.load()
    query = redshift.table("transactions").load()
    assert redshift.in_ledger() == {NOON_ID: 1_000_000}
    assert query.count() == 1_000_000
    assert copies(redshift) == ["completed"]
    expected = redshift.rows().to_table().combine_chunks()
    sample = expected.take(pa.array(range(0, 1_000_000, 499)))
    ids = sample["transaction_id"].to_pylist()
    found = query.where(query.table.c.transaction_id.in_(ids)).to_pandas()
    assert len(found) == len(ids)
    assert_same_rows(found, sample)


def statements_on_the_wire(project, monkeypatch):
    """Statements that a load sends, as the driver's own method sees them."""
    import redshift_connector.core

    sent = []
    execute = redshift_connector.core.Connection.execute

    def spy(connection, cursor, operation, vals):
        sent.append(operation)
        return execute(connection, cursor, operation, vals)

    monkeypatch.setattr(redshift_connector.core.Connection, "execute", spy)
    project.load()
    return sent


def test_a_batch_takes_at_most_eight_statements_the_lock_first(redshift, monkeypatch):
    redshift.generate("2026-11-21")
    redshift.load()
    redshift.generate("2026-11-22")
    sent = statements_on_the_wire(redshift, monkeypatch)
    last = sent[-8:]
    assert [statement.split()[0].upper() for statement in last] == [
        "SET", "BEGIN", "LOCK", "SELECT", "COPY", "SELECT", "INSERT", "COMMIT",
    ]  # fmt: skip


def test_the_plan_is_what_is_sent(redshift, monkeypatch):
    redshift.generate()
    planned = redshift.table("transactions").loader.plan(redshift.files())
    sent = statements_on_the_wire(redshift, monkeypatch)
    assert planned[0] in sent
    assert planned[2] in sent
    assert planned[3] in sent
    assert planned[2].startswith("COPY transactions (transaction_id, batch_id, event_ts,")
    assert "IAM_ROLE 'arn:aws:iam::000000000000:role/txn-sandbox-copy'" in planned[2]
    assert planned[2].endswith("FORMAT AS PARQUET MANIFEST")


def test_an_odd_path_is_quoted(redshift):
    odd = replace(redshift, prefix=f"{redshift.prefix}/it's 100%, a:b $1 ü")
    odd.generate()
    odd.load()
    assert odd.in_table() == odd.in_ledger() == {NOON_ID: 100}


def test_options_of_copy_reach_it(redshift, monkeypatch):
    redshift.generate()
    redshift.load(copy_options=["STATUPDATE ON"])
    assert redshift.in_table() == {NOON_ID: 100}


# Exactly once


@pytest.mark.slow
@pytest.mark.campaign
@ISOLATION
@pytest.mark.parametrize("scenario", ["race", "moments"])
@pytest.mark.parametrize("transport", ["driver", "data_api"])
def test_whoever_races_or_is_killed_each_batch_is_loaded_once(
    sandbox, isolation, scenario, transport
):
    lake, times = new_project(sandbox), amount(3, 60)
    data_api = sandbox.data_api_endpoint if transport == "data_api" else "-"
    told = run_program(
        "tests.redshift_crashes", sandbox.s3_endpoint, sandbox.redshift_port, lake.prefix,
        data_api, isolation, scenario, times,
    )  # fmt: skip
    # How many loads end before they are killed depends on how busy the machine is.
    assert json.loads(told) >= times / 4


@ISOLATION
@pytest.mark.parametrize("point", ["before", "during", "within", "after"])
def test_a_connection_cut_at_the_commit_loads_once(sandbox, isolation, point, caplog):
    project = new_project(sandbox, isolation)
    project.generate()
    with Cutter(project.port, point) as cutter:
        replace(project, port=cutter.port).load()
        assert cutter.left == 0
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}
    assert "Trying again (1 of 4): " in caplog.text


def test_a_connection_that_is_always_cut_is_given_up_and_loads_once_later(redshift):
    redshift.generate()
    with (
        Cutter(redshift.port, "before", times=100) as cutter,
        pytest.raises(LoadFailed, match="it failed 5 times; the last error was: ") as error,
    ):
        replace(redshift, port=cutter.port).load()
    assert "What is pending stays pending" in str(error.value)
    redshift.load()
    assert redshift.in_table() == redshift.in_ledger() == {NOON_ID: 100}


@pytest.mark.parametrize("point", ["before", "within"])
def test_a_connection_cut_while_the_ledger_is_read_is_tried_again(redshift, point, caplog):
    redshift.generate("2026-11-21")
    redshift.load()
    redshift.generate()
    # Three cuts of the read that finds what is pending, and one of the load's own.
    with Cutter(redshift.port, point, 3, b"FROM load_ledger", after=b"") as cutter:
        through = replace(redshift, port=cutter.port)
        ledger = through.ledger()
        assert cutter.left == 0
        cutter.left = 1
        through.table("transactions").save(find_pending(redshift.batches().load(), ledger))
        assert cutter.left == 0
    assert redshift.in_table() == redshift.in_ledger() == {"20261121T000000Z": 100, NOON_ID: 100}
    assert "Trying again (3 of 4): the connection was lost" in caplog.text


# Refused, with nothing loaded


def part_of(project, batch_id):
    (part,) = project.s3.glob(f"{project.prefix}/transactions/*/*{batch_id}*")
    return part


def test_a_file_that_only_redshift_finds_bad_is_refused_whole(five):
    """One whose length and ETag are those of the manifest, but which is no Parquet."""
    bad = FIVE_DAYS[2]
    part = part_of(five, bad)
    size = five.s3.size(part)
    old = five.s3.info(part)["ETag"]
    five.s3.pipe_file(part, b"x" * size)
    new = five.s3.info(part)["ETag"]
    replaced = json.dumps(old).encode(), json.dumps(new).encode()
    five.edit_manifest(lambda content: content.replace(*replaced), bad)
    with pytest.raises(
        LoadFailed, match=f"Batch {bad} of transactions: nothing of it loaded: "
    ) as error:
        five.load()
    assert "sys_load_error_detail" in str(error.value)
    assert bad not in five.in_table()
    assert len(five.in_table()) == 4


@pytest.mark.parametrize(
    ("role", "told", "remedy"),
    [
        (NO_ACCESS_ROLE, "Access ?Denied", "Let the COPY role read the lake"),
        ("arn:aws:iam::000000000000:role/unknown", "Not authorized", "Attach the COPY role"),
    ],
)
def test_a_role_without_access_is_refused(redshift, role, told, remedy):
    redshift.generate()
    with pytest.raises(LoadFailed, match=told) as error:
        redshift.load(credentials={"iam_role": role})
    assert remedy in str(error.value)
    assert redshift.in_table() == redshift.in_ledger() == {}


@pytest.mark.parametrize(
    "wrong", [{"password": CANARY}, {"user": "nobody"}, {"database": "nowhere"}]
)
def test_a_wrong_sign_in_is_refused_without_showing_it(redshift, wrong, caplog):
    caplog.set_level(logging.DEBUG)
    redshift.generate()
    with pytest.raises(WarehouseUnavailable, match="it refused the sign-in: ") as error:
        redshift.load(credentials=wrong)
    assert "Check the database, the user and the password" in str(error.value)
    assert CANARY not in f"{error.value!r} {error.value} {error.getrepr()} {caplog.text}"


@pytest.mark.slow
def test_a_dead_s3_behind_the_warehouse_is_told_as_that_and_not_as_a_wrong_password():
    with Sandbox() as sandbox:
        project = new_project(sandbox)
        project.sql("CREATE TABLE t (id BIGINT)")
        signed_in = project.connect()
        s3 = f"-s3.port={sandbox.s3_port}"
        next(p for p in psutil.Process().children(recursive=True) if s3 in p.cmdline()).kill()
        dead = "S3 and the database behind .* are not reachable: seaweedfs ended with code -9"
        copy = f"COPY t FROM 's3://{project.prefix}/m' IAM_ROLE default FORMAT PARQUET MANIFEST"
        with pytest.raises(redshift_connector.Error, match="S3 .* not reachable: "):
            signed_in.cursor().execute(copy)
        with pytest.raises(WarehouseUnavailable, match=f"it opened no session: {dead}") as error:
            project.table("transactions").load().count()
    assert "password" not in str(error.value)


def test_a_host_that_nobody_answers_at_is_given_up(redshift, monkeypatch):
    redshift.generate()
    with pytest.raises(WarehouseUnavailable, match=r"no connection \(1 s are allowed\)") as error:
        redshift.load(credentials={"port": 1}, connect_timeout=1)
    assert "security group" in str(error.value)


def test_a_host_that_accepts_and_says_nothing_is_given_up(redshift):
    redshift.generate()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(WarehouseUnavailable, match=r"no connection \(1 s are allowed\)"):
            redshift.load(credentials={"port": port}, connect_timeout=1)


def without_tls():
    """A server that refuses TLS, and the list of what clients send it then."""
    server, read = socket.create_server(("127.0.0.1", 0)), []

    def answer(client):
        # The client may reset the connection, or leave it open.
        with client, suppress(OSError):
            client.recv(8)
            client.sendall(b"N")
            read.append(client.recv(1))

    def serve():
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return server, read


def test_a_host_that_is_not_loopback_is_never_spoken_to_in_the_clear(redshift, monkeypatch):
    server, read = without_tls()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", server.getsockname())
    ])  # fmt: skip
    with server, pytest.raises(WarehouseUnavailable, match="Server refuses SSL"):
        redshift.table(
            "transactions", credentials={"host": "txn.example.com", "password": CANARY}
        ).load().count()
    # A client that went on in the clear would wait for an answer instead of giving up.
    assert set(read) <= {b""}


def test_a_bucket_that_is_not_there_is_refused(redshift):
    elsewhere = replace(redshift, prefix="no-such-bucket/lake")
    with pytest.raises(DatasetError, match="bucket no-such-bucket does not exist"):
        elsewhere.batches().load()
    with pytest.raises(DatasetError, match="bucket no-such-bucket does not exist"):
        elsewhere.generate()


@pytest.mark.parametrize("table", ["load_ledger", "transactions"])
def test_a_table_locked_for_longer_than_the_timeout_is_refused(redshift, table):
    redshift.generate("2026-11-21")
    redshift.load()
    redshift.generate(NOON)
    with redshift.connect() as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK {table}")
        failed = pytest.raises((LoadFailed, WarehouseUnavailable), match="waiting for a lock inc")
        with failed as error:
            redshift.load(statement_timeout=3)
        assert "svv_transactions" in str(error.value)
        other.rollback()
    redshift.load()
    assert redshift.in_table() == redshift.in_ledger()
    assert len(redshift.in_table()) == 2


def test_a_table_that_differs_is_refused_with_the_statements_that_mend_it(redshift):
    redshift.generate()
    redshift.sql(
        "CREATE TABLE transactions (transaction_id BIGINT, batch_id VARCHAR(8), amount INTEGER)"
    )
    with pytest.raises(TableMismatch) as error:
        redshift.load()
    told = str(error.value)
    assert "column batch_id is character varying(8), expected character varying(16)" in told
    assert "column amount is integer, expected numeric(18,2)" in told
    assert "column event_ts is missing, expected timestamp without time zone" in told
    assert "\n  ALTER TABLE transactions ALTER COLUMN batch_id TYPE VARCHAR(16);" in told
    assert "\n  ALTER TABLE transactions ADD COLUMN event_ts TIMESTAMP;" in told
    assert "COLUMN amount" not in told.split("\n", 1)[1]
    assert redshift.sql("SELECT count(*) FROM transactions")[0][0] == 0


def test_the_statements_that_mend_a_table_do_mend_it(redshift):
    redshift.generate()
    redshift.load()
    redshift.sql("ALTER TABLE transactions DROP COLUMN fraud_pattern")
    redshift.generate("2026-11-23")
    with pytest.raises(TableMismatch, match="To repair it, run these statements") as error:
        redshift.load()
    for statement in error.value.statements:
        redshift.sql(statement)
    redshift.load()
    assert len(redshift.in_table()) == 2


# No secret in what is said


def lose_part(project, batch_id):
    project.s3.rm_file(part_of(project, batch_id))


def break_manifest(project, batch_id):
    project.edit_manifest(lambda _: b"{", batch_id)


def promise_more(project, batch_id):
    project.edit_manifest(
        lambda content: content.replace(b'_count": 103', b'_count": 104'), batch_id
    )


def not_at_all(project, batch_id):
    """A batch that is sound."""


SECRETS = (PASSWORD, SECRET_KEY, CANARY)
PATHS_TO_AN_ERROR = [
    *[(damage, {}) for damage in (lose_part, break_manifest, promise_more)],
    (not_at_all, {"credentials": {"password": CANARY}}),
    (not_at_all, {"credentials": {"database": "nowhere"}}),
    (not_at_all, {"credentials": {"host": "txn.invalid"}}),
    (not_at_all, {"credentials": {"port": 1}, "connect_timeout": 1}),
    (not_at_all, {"credentials": {"iam_role": NO_ACCESS_ROLE}}),
    (not_at_all, {"credentials": {"passwort": CANARY}}),
    (not_at_all, {"credentials": {"user": None}}),
    (not_at_all, {"copy_options": ["GZIP"]}),
]


@pytest.mark.parametrize(("damage", "arguments"), PATHS_TO_AN_ERROR)
def test_no_error_and_no_log_shows_a_secret(five, caplog, damage, arguments):
    caplog.set_level(logging.DEBUG)
    damage(five, FIVE_DAYS[2])
    with pytest.raises(DatasetError) as error:
        five.load(**arguments)
    told = "".join(traceback.format_exception(error.value))
    chain, cause = [], error.value
    while cause:
        chain.append(f"{cause!r} {cause.args} {vars(cause)}")
        cause = cause.__cause__ or cause.__context__
    for secret in SECRETS:
        assert secret not in told
        assert secret not in "".join(chain)
        assert secret not in caplog.text
