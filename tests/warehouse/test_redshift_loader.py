"""The loader's protocol, over the sandbox: real clients, real wires."""

import json
import logging
import socket
import traceback
from dataclasses import replace
from decimal import Decimal

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import redshift_connector
from kedro.io import DatasetError

from tests.campaigns import amount
from tests.conftest import NOON, NOON_ID
from tests.cutting import Cutter
from tests.forking import run_program
from tests.redshift import new_project
from txn_kedro.datasets import WorldDataset
from txn_kedro.pipelines.loading.nodes import find_pending
from txn_kedro.sandbox import Sandbox
from txn_kedro.sandbox.identities import NO_ACCESS_ROLE, PASSWORD, SECRET_KEY
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.tables import TRANSACTIONS, WORLD_TABLES
from txn_kedro.warehouse.errors import LoadFailed, TableMismatch, WarehouseUnavailable
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.outcomes import AlreadyLoaded, Loaded

FIVE_DAYS = [f"2026112{day}T120000Z" for day in range(1, 6)]
CANARY = "canary-3f9a"
ISOLATION = pytest.mark.parametrize("isolation", ["SNAPSHOT", "SERIALIZABLE"])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr("txn_kedro.warehouse.retrying._FIRST_PAUSE", 0.01)


@pytest.fixture
def five(redshift):
    """Five committed batches of 101 to 105 rows."""
    for day in range(1, 6):
        redshift.generate(f"2026-11-2{day}T12:00:00Z", rows=100 + day)
    return redshift


EVERYTHING = {batch_id: 100 + day for day, batch_id in enumerate(FIVE_DAYS, start=1)}


def copies(project):
    """Loads of transactions that Redshift remembers, by their end."""
    rows = project.sql("SELECT table_name, status FROM sys_load_history ORDER BY query_id")
    return [status for table, status in rows if table == "transactions"]


def test_batches_are_loaded_in_time_order_by_one_copy_each(five):
    report = five.load().outcome
    assert [loaded.name for loaded in report.loaded] == FIVE_DAYS
    assert five.in_table() == five.in_ledger() == EVERYTHING
    assert copies(five) == ["completed"] * 5


def test_loading_again_copies_nothing(five):
    five.load()
    report = five.load().outcome
    assert [already.name for already in report.already] == FIVE_DAYS
    assert five.in_table() == EVERYTHING
    assert len(copies(five)) == 5


def test_a_batch_that_was_loaded_from_another_manifest_is_removed_by_the_sql_of_the_error(redshift):
    redshift.generate()
    redshift.load()
    redshift.s3.rm(redshift.prefix, recursive=True)
    redshift.generate(rows=120, seed=8)
    committed = redshift.batches().load()
    pending = find_pending(committed, redshift.table("load_ledger").load().to_pandas())
    with pytest.raises(LoadFailed, match="row_count is 100 in the ledger, 120 in") as failure:
        redshift.table("transactions").save(pending)
    assert redshift.in_table() == redshift.in_ledger() == {NOON_ID: 100}
    with redshift.connect() as connection, connection.cursor() as cursor:
        for statement in failure.value.failures[0].partition("then load again:")[2].split(";"):
            if statement.strip():
                cursor.execute(statement)
    redshift.table("transactions").save(pending)
    assert redshift.in_table() == redshift.in_ledger() == {NOON_ID: 120}
    ledger = redshift.table("load_ledger").load().to_pandas()
    assert find_pending(redshift.batches().load(), ledger) == {}


def in_parquet(project):
    """All transactions of a lake, as its parts have them."""
    return project.rows().to_table().combine_chunks()


def assert_same_rows(found, expected):
    """Compare a data frame of the warehouse with an Arrow table of the lake, value by value."""
    names = TRANSACTIONS.column_names
    rows = pa.Table.from_pandas(found[names], preserve_index=False).sort_by("transaction_id")
    plain = pa.schema([(name, rows.schema.field(name).type) for name in names])
    assert (
        rows.to_pylist() == expected.select(names).cast(plain).sort_by("transaction_id").to_pylist()
    )


def test_every_value_arrives_as_it_was(redshift):
    redshift.generate(rows=2_000)
    expected = in_parquet(redshift)
    found = redshift.load(load_args={"as_frame": True}).load()
    assert_same_rows(found, expected)
    names = pc.unique(expected["merchant_name"]).to_pylist()
    assert any(not name.isascii() for name in names)
    assert expected["decline_reason"].null_count > 0
    assert isinstance(found["amount"].iloc[0], Decimal)


@pytest.mark.slow
def test_a_million_rows_arrive_by_one_copy(redshift):
    redshift.generate(rows=1_000_000)
    redshift.load()
    query = redshift.table("transactions").load()
    assert redshift.in_ledger() == {NOON_ID: 1_000_000}
    assert query.count() == 1_000_000
    assert copies(redshift) == ["completed"]
    expected = in_parquet(redshift)
    sample = expected.take(pa.array(range(0, 1_000_000, 499)))
    ids = sample["transaction_id"].to_pylist()
    found = query.where(query.table.c.transaction_id.in_(ids)).to_pandas()
    assert len(found) == len(ids)
    assert_same_rows(found, sample)


def test_a_backlog_of_fifty_is_loaded_in_order_with_progress(redshift, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    for hour in range(50):
        redshift.generate(f"2026-11-{20 + hour // 24}T{hour % 24:02}:00:00Z", rows=20)
    report = redshift.load().outcome
    names = [loaded.name for loaded in report.loaded]
    assert names == sorted(names)
    assert len(redshift.in_ledger()) == 50
    assert "20 rows loaded" in caplog.text
    assert "(1 of 50)" in caplog.text
    assert "(50 of 50)" in caplog.text


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
    files = redshift.lake.batch(NOON_ID)
    planned = Loader(redshift.table("transactions").warehouse).statements(files)
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


# The world


def load_world(project):
    outcomes = []
    for table in WORLD_TABLES:
        dataset = project.table(table.name)
        dataset.save(project.batches().load())
        outcomes.append(dataset.outcome)
    return outcomes


def test_a_world_is_loaded_once(redshift):
    redshift.generate()
    assert all(isinstance(outcome, Loaded) for outcome in load_world(redshift))
    assert all(isinstance(outcome, AlreadyLoaded) for outcome in load_world(redshift))
    assert redshift.table("merchants").load().count() == 300


def test_another_world_replaces_it_whole(redshift):
    redshift.generate("2026-11-21")
    load_world(redshift)
    other = replace(SMALL_WORLD, seed=99)
    WorldDataset(**redshift.where).save(other)
    redshift.generate("2026-11-22", world=other)
    load_world(redshift)
    query = redshift.table("customers").load()
    assert set(query.to_pandas()["world_fingerprint"]) == {other.fingerprint}


# Exactly once


@pytest.mark.slow
@pytest.mark.campaign
@ISOLATION
@pytest.mark.parametrize("scenario", ["race", "moments"])
def test_whoever_races_or_is_killed_each_batch_is_loaded_once(sandbox, isolation, scenario):
    lake, times = new_project(sandbox), amount(3, 60)
    told = run_program(
        "tests.redshift_crashes", sandbox.s3_endpoint, sandbox.redshift_port, lake.prefix,
        isolation, scenario, times,
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
        ledger = through.table("load_ledger").load().to_pandas()
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


def lose_part(project, batch_id):
    project.s3.rm_file(part_of(project, batch_id))


def truncate_part(project, batch_id):
    part = part_of(project, batch_id)
    project.s3.pipe_file(part, project.s3.cat_file(part)[:-1])


def alter_part(project, batch_id):
    part = part_of(project, batch_id)
    content = bytearray(project.s3.cat_file(part))
    content[len(content) // 2] ^= 1
    project.s3.pipe_file(part, bytes(content))


def edit_manifest(project, batch_id, old, new):
    path = f"{project.prefix}/manifests/transactions_{batch_id}.json"
    project.s3.pipe_file(path, project.s3.cat_file(path).replace(old, new))


def break_manifest(project, batch_id):
    edit_manifest(project, batch_id, b"{", b"")


def drop_key(project, batch_id):
    edit_manifest(project, batch_id, b'"meta"', b'"mata"')


def change_schema(project, batch_id):
    edit_manifest(project, batch_id, TRANSACTIONS.fingerprint.encode(), b"0123456789abcdef")


def promise_more(project, batch_id):
    edit_manifest(project, batch_id, b'"row_count": 103', b'"row_count": 104')
    edit_manifest(project, batch_id, b'"record_count": 103', b'"record_count": 104')


@pytest.mark.parametrize(
    ("damage", "told", "remedy"),
    [
        (lose_part, "its part s3://.* is missing", "To repair it, run: kedro run"),
        (truncate_part, "bytes, its manifest promises", "To repair it, run: kedro run"),
        (alter_part, "its ETag is not the manifest's", "To repair it, run: kedro run"),
        (break_manifest, "is broken: Invalid JSON", "Delete it and run the generation"),
        (drop_key, "is broken: entries.0.meta: Field required", "Delete it and run"),
        (change_schema, "columns have the fingerprint 0123456789abcdef", "or delete s3://"),
        (promise_more, "COPY loaded 103 rows, its manifest promises 104", "Delete s3://"),
    ],
)
def test_one_bad_batch_among_five_is_refused_whole_and_named(five, damage, told, remedy):
    bad = FIVE_DAYS[2]
    damage(five, bad)
    with pytest.raises(LoadFailed, match=told) as error:
        five.load()
    assert bad in error.value.failures[0]
    assert len(error.value.failures) == 1
    assert remedy in str(error.value)
    others = {batch_id: rows for batch_id, rows in EVERYTHING.items() if batch_id != bad}
    assert error.value.loaded == list(others)
    assert five.in_table() == five.in_ledger() == others


def test_a_file_that_only_redshift_finds_bad_is_refused_whole(five):
    """One whose length and ETag are those of the manifest, but which is no Parquet."""
    bad = FIVE_DAYS[2]
    part = part_of(five, bad)
    size = five.s3.size(part)
    old = five.s3.info(part)["ETag"]
    five.s3.pipe_file(part, b"x" * size)
    new = five.s3.info(part)["ETag"]
    edit_manifest(five, bad, json.dumps(old).encode(), json.dumps(new).encode())
    with pytest.raises(
        LoadFailed, match=f"Batch {bad}: nothing of it loaded, COPY failed: "
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


def test_a_host_that_is_not_loopback_is_never_spoken_to_in_the_clear(redshift, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", redshift.port))
    ])  # fmt: skip
    with pytest.raises(WarehouseUnavailable, match="Server refuses SSL"):
        redshift.table(
            "transactions", credentials={"host": "txn.example.com", "password": CANARY}
        ).load().count()


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
    with pytest.raises(TableMismatch, match="To repair it, run:") as error:
        redshift.load()
    for statement in error.value.statements:
        redshift.sql(statement)
    redshift.load()
    assert len(redshift.in_table()) == 2


# No secret in what is said


def not_at_all(project, batch_id):
    """A batch that is sound."""


SECRETS = (PASSWORD, SECRET_KEY, CANARY)
PATHS_TO_AN_ERROR = [
    *[(damage, {}) for damage in (lose_part, break_manifest, change_schema, promise_more)],
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
