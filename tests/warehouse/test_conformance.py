"""What every warehouse must do. A new one is done when it passes: see ``store`` in conftest.py."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.conftest import NOON, NOON_ID, Project, contract_of, small_batch
from txn_kedro.lake import BatchName, LazyBatch
from txn_kedro.lake.errors import FilesRefused
from txn_kedro.results import (
    AlreadyLoaded,
    AlreadyWithdrawn,
    Loaded,
    LoadReport,
    Withdrawn,
    listening,
)
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.tables import TRANSACTIONS, WORLD_TABLES
from txn_kedro.warehouse.errors import (
    LoadFailed,
    NotInWarehouse,
    OtherLake,
    TableMismatch,
)
from txn_kedro.warehouse.pending import find_pending
from txn_kedro.warehouse.query import TableQuery

FIVE_DAYS = [f"2026112{day}T120000Z" for day in range(1, 6)]
EVERYTHING = {batch_id: 100 + day for day, batch_id in enumerate(FIVE_DAYS, start=1)}


def commit(store: Project, when: str = NOON, rows: int = 100, **changes) -> None:
    store.batches().save(small_batch(when, rows, **changes))


def load(store: Project, table: str = "transactions", **arguments) -> LoadReport:
    """Load all batches of a table, pending or not. What it came to."""
    dataset = store.table(table, **arguments)
    with listening() as results:
        dataset.save(store.lake_table(table).load())
    return results[-1]


def pending(store: Project) -> list[str]:
    return list(find_pending(store.batches().load(), store.ledger()))


def ledger_row(store: Project) -> dict:
    (row,) = store.ledger().to_dict("records")
    return row


@pytest.fixture
def five(store):
    """Five committed batches of 101 to 105 rows."""
    for day in range(1, 6):
        commit(store, f"2026-11-2{day}T12:00:00Z", 100 + day)
    return store


# Exactly once


def test_batches_are_loaded_in_time_order_with_a_ledger_row_each(five):
    report = load(five)
    assert [loaded.batch_id for loaded in report.loaded] == FIVE_DAYS
    assert report.volume.rows == 515
    assert five.in_table() == five.in_ledger() == EVERYTHING
    assert sorted(five.ledger()["load_number"]) == [1, 2, 3, 4, 5]


def test_the_ledger_tells_what_was_loaded_and_from_where(store):
    commit(store)
    load(store)
    row = ledger_row(store)
    files = store.files()
    manifest = files.manifest
    loaded_at, changed_at = row.pop("loaded_at"), row.pop("changed_at")
    assert row == {
        "lake_id": store.lake.lake_id(),
        "table_name": "transactions",
        "batch_id": NOON_ID,
        "status": "loaded",
        "load_number": 1,
        "revision": 1,
        "row_count": 100,
        "byte_count": manifest.volume.bytes,
        "part_count": 1,
        "manifest": files.manifest_url,
        "manifest_sha256": hashlib.sha256(manifest.to_json()).hexdigest(),
        "manifest_version": files.manifest_version,
        "schema_fingerprint": TRANSACTIONS.fingerprint,
    }
    assert loaded_at == changed_at
    assert abs((datetime.now(UTC).replace(tzinfo=None) - loaded_at).total_seconds()) < 600


def test_loading_again_appends_nothing_and_says_so(five, caplog):
    load(five)
    caplog.set_level("INFO", logger="txn_kedro")
    report = load(five)
    assert report.loaded == []
    assert [already.batch_id for already in report.already] == FIVE_DAYS
    assert five.in_table() == EVERYTHING
    assert f"transactions {NOON_ID}: in the warehouse already (2 of 5)" in caplog.messages


def test_nothing_pending_is_said_and_makes_no_table(store, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    assert load(store) == LoadReport("transactions")
    assert caplog.messages == ["transactions: no batch is pending"]
    assert not store.table("transactions").exists()


def test_a_backlog_is_loaded_in_order_with_progress(store, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    for hour in range(12):
        commit(store, f"2026-11-20T{hour:02}:00:00Z", rows=20)
    names = [loaded.batch_id for loaded in load(store).loaded]
    assert names == sorted(names)
    assert len(store.in_ledger()) == 12
    assert "20 rows loaded" in caplog.text
    assert "(1 of 12)" in caplog.text
    assert "(12 of 12)" in caplog.text


def assert_same_rows(found: pd.DataFrame, expected: pa.Table) -> None:
    """Compare a data frame of the warehouse with an Arrow table of the lake, value by value."""
    names = TRANSACTIONS.column_names
    rows = pa.Table.from_pandas(found[names], preserve_index=False).sort_by("transaction_id")
    plain = pa.schema([(name, rows.schema.field(name).type) for name in names])
    made = expected.select(names).cast(plain).sort_by("transaction_id")
    assert rows.to_pylist() == made.to_pylist()


def test_every_value_arrives_as_it_was(store):
    commit(store, rows=2000, refund_share=0.2, decline_share=0.3)
    expected = store.rows().to_table().combine_chunks()
    load(store)
    found = store.table("transactions", load_args={"as_frame": True}).load()
    assert_same_rows(found, expected)
    names = pc.unique(expected["merchant_name"]).to_pylist()
    assert any(not name.isascii() for name in names)
    assert expected["decline_reason"].null_count > 0
    assert isinstance(found["amount"].iloc[0], Decimal)


# Refused, with nothing loaded


def lose_part(store, batch_id):
    store.lake.remove(store.files(batch_id).part_paths[0])


def truncate_part(store, batch_id):
    store.edit(store.files(batch_id).part_paths[0], lambda content: content[:-1])


def alter_part(store, batch_id):
    def flip(content: bytes) -> bytes:
        middle = len(content) // 2
        return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]

    store.edit(store.files(batch_id).part_paths[0], flip)


def break_manifest(store, batch_id):
    store.edit_manifest(lambda _: b"{", batch_id)


def drop_key(store, batch_id):
    store.edit_manifest(lambda content: content.replace(b'"meta"', b'"mata"'), batch_id)


def promise_more(store, batch_id):
    def more(content: bytes) -> bytes:
        return content.replace(b'_count": 103', b'_count": 104')

    store.edit_manifest(more, batch_id)


DAMAGES = [
    (lose_part, r"its part \S+ is missing", "To repair it, run: kedro run --pipelines generation"),
    (truncate_part, "bytes, its manifest promises", "To repair it, run: kedro run --pipelines"),
    (alter_part, "was altered: its .* is not the manifest's", "To repair it, run: kedro run"),
    (break_manifest, "is broken: Invalid JSON", "Delete it and make the batch again"),
    (drop_key, "is broken: entries.0.meta: Field required", "Delete it and make the batch again"),
    (promise_more, "COPY loaded 103 rows, its manifest promises 104; rolled back", "Delete "),
]


@pytest.mark.parametrize(("damage", "told", "remedy"), DAMAGES)
def test_one_bad_batch_is_refused_whole_and_named_while_the_others_load(five, damage, told, remedy):
    bad = FIVE_DAYS[2]
    damage(five, bad)
    with pytest.raises(LoadFailed, match=told) as failure:
        load(five)
    others = {batch_id: rows for batch_id, rows in EVERYTHING.items() if batch_id != bad}
    assert five.in_table() == five.in_ledger() == others
    assert failure.value.loaded == list(others)
    (refused,) = failure.value.failures
    assert bad in refused
    assert remedy in refused
    assert "1 batch of transactions could not be loaded" in str(failure.value)


@pytest.mark.parametrize("damage", [damage for damage, *_ in DAMAGES])
def test_a_batch_is_repaired_as_the_error_says_and_loaded_by_the_next_run(store, damage):
    commit(store, "2026-11-23T12:00:00Z", 103)
    true = store.lake.read(f"manifests/transactions_{FIVE_DAYS[2]}.json")
    damage(store, FIVE_DAYS[2])
    with pytest.raises(LoadFailed) as failure:
        load(store)
    if "elete" in str(failure.value):
        store.lake.remove(f"manifests/transactions_{FIVE_DAYS[2]}.json")
    commit(store, "2026-11-23T12:00:00Z", 103)
    assert store.lake.read(f"manifests/transactions_{FIVE_DAYS[2]}.json") == true
    load(store)
    assert store.in_table() == store.in_ledger() == {FIVE_DAYS[2]: 103}


def test_an_error_of_ours_is_not_taken_for_a_bad_batch(store):
    commit(store)
    with pytest.raises(ZeroDivisionError):
        store.table("transactions").loader.load({NOON_ID: lambda: 1 / 0})
    assert store.in_table() == {}


# The ledger is not believed blindly


def made_otherwise(store) -> None:
    """Load a batch, lose its manifest, and make the same batch with another seed."""
    commit(store)
    load(store)
    store.lake.remove(f"manifests/transactions_{NOON_ID}.json")
    commit(store, rows=120, seed=8)


def test_a_batch_that_was_loaded_from_another_manifest_is_an_error(store):
    made_otherwise(store)
    before = store.table("transactions").load().count()
    with pytest.raises(LoadFailed) as failure:
        store.table("transactions").save(find_pending(store.batches().load(), store.ledger()))
    (told,) = failure.value.failures
    assert f"Batch {NOON_ID} of transactions: the warehouse holds other rows than the lake" in told
    assert "row_count is 100 in the ledger, 120 in the lake" in told
    assert "manifest_sha256 is" in told
    assert f"If the lake is right, run: kedro replace {NOON_ID}" in told
    assert store.table("transactions").load().count() == before


def test_the_lake_wins_by_the_command_of_the_error(store):
    made_otherwise(store)
    assert isinstance(store.table("transactions").loader.replace(store.files()), Loaded)
    assert store.in_table() == store.in_ledger() == {NOON_ID: 120}
    assert pending(store) == []


def test_the_warehouse_wins_by_making_the_batch_with_the_old_settings(store):
    made_otherwise(store)
    store.lake.remove(f"manifests/transactions_{NOON_ID}.json")
    commit(store)
    assert load(store).already == [AlreadyLoaded("transactions", NOON_ID)]
    assert store.in_table() == store.in_ledger() == {NOON_ID: 100}


def test_what_another_loader_did_meanwhile_is_found_within_the_transaction(store):
    commit(store)
    loader, files = store.table("transactions").loader, store.files()

    def load_meanwhile():
        load(store)
        return files

    report = loader.load({NOON_ID: load_meanwhile})
    assert report.already == [AlreadyLoaded("transactions", NOON_ID)]
    assert store.in_table() == {NOON_ID: 100}


# Every table is appended


def test_the_tables_of_a_world_are_appended_like_any_other(store):
    world = store.generate_world()
    for table in WORLD_TABLES:
        assert [loaded.batch_id for loaded in load(store, table.name).loaded] == [world]
        assert [already.batch_id for already in load(store, table.name).already] == [world]
    assert store.in_ledger("customers") == {world: 1000}
    assert store.table("merchants").load().count() == 300


def test_a_table_takes_many_worlds_and_each_transaction_finds_its_own(store):
    smaller = replace(SMALL_WORLD, customers=200)
    for day, world in ((21, SMALL_WORLD), (22, smaller)):
        store.generate_world(world)
        commit(store, f"2026-11-{day}", rows=50, world=world)
    load(store)
    load(store, "customers")
    assert store.in_ledger("customers") == {SMALL_WORLD.batch_id: 1000, smaller.batch_id: 200}
    joined = store.sql(
        "SELECT t.world_fingerprint, count(*) FROM transactions t JOIN customers c "
        "ON c.world_fingerprint = t.world_fingerprint AND c.customer_id = t.customer_id "
        "AND c.country = t.customer_country GROUP BY t.world_fingerprint"
    )
    assert dict(joined) == {
        SMALL_WORLD.fingerprint: 50,
        smaller.fingerprint: 50,
    }


# One lake a table


def second_lake(store) -> Project:
    """Another lake, whose batches would go into the same warehouse."""
    return (
        replace(store, prefix=f"{store.prefix}-2")
        if hasattr(store, "prefix")
        else Beside(store.root)
    )


class Beside(Project):
    @property
    def lake_path(self):
        return self.root / "second"


def test_a_second_lake_in_one_table_is_refused_by_name(store):
    commit(store)
    load(store)
    other = second_lake(store)
    commit(other, "2026-11-23")
    with pytest.raises(LoadFailed) as failure:
        load(other)
    (told,) = failure.value.failures
    assert f"it is in the lake {other.lake.lake_id()}, but its table holds batches of" in told
    assert f"the lake {store.lake.lake_id()} ({store.files().manifest_url})" in told
    assert other.in_ledger() == {NOON_ID: 100}


def test_a_second_lake_may_have_the_tables_that_the_first_has_not(store):
    commit(store)
    load(store)
    other = second_lake(store)
    other.generate_world()
    load(other, "merchants")
    assert store.table("merchants").load().count() == 300


def test_a_second_lake_is_taken_once_the_first_ones_batches_are_withdrawn(store):
    commit(store)
    load(store)
    other = second_lake(store)
    commit(other, rows=70)
    store.table("transactions").loader.withdraw(NOON_ID)
    load(other)
    assert store.table("transactions").load().count() == 70


def test_a_lake_that_lost_its_id_gets_it_back_as_the_error_says(store):
    commit(store)
    load(store)
    store.lake.remove("lake.json")
    with pytest.raises(LoadFailed) as failure:
        load(store)
    remedy = failure.value.failures[0].partition("put this back as lake.json: ")[2]
    store.edit("lake.json", lambda _: remedy.encode())
    assert load(store).already == [AlreadyLoaded("transactions", NOON_ID)]


# Corrections


def test_a_withdrawn_batch_is_gone_and_stays_so_until_it_is_replaced(store, caplog):
    commit(store, "2026-11-21", rows=70)
    commit(store)
    load(store)
    loader = store.table("transactions").loader
    assert loader.withdraw(NOON_ID) == Withdrawn("transactions", NOON_ID)
    others = {"20261121T000000Z": 70}
    assert store.in_table() == store.in_ledger() == others
    assert pending(store) == []
    assert load(store).loaded == []
    assert "it was withdrawn, so it is not loaded" in caplog.text
    assert loader.withdraw(NOON_ID) == AlreadyWithdrawn("transactions", NOON_ID)
    assert store.in_table() == store.in_ledger() == others
    assert isinstance(loader.replace(store.files()), Loaded)
    assert store.in_table() == store.in_ledger() == {**others, NOON_ID: 100}


def test_a_correction_takes_the_place_of_what_it_corrects_only_when_it_is_told_to(store, caplog):
    commit(store)
    load(store)
    commit(store, rows=90, seed=8, revision=2)
    assert pending(store) == [NOON_ID]
    assert load(store).already == [AlreadyLoaded("transactions", NOON_ID)]
    assert "the warehouse has revision 1, the lake has revision 2" in caplog.text
    assert f"run: kedro replace {NOON_ID}" in caplog.text
    assert store.in_table() == {NOON_ID: 100}
    loader = store.table("transactions").loader
    loaded = loader.replace(store.files())
    assert (loaded.batch_id, loaded.volume.rows) == (NOON_ID, 90)
    assert store.in_table() == store.in_ledger() == {NOON_ID: 90}
    assert loader.replace(store.files()) == AlreadyLoaded("transactions", NOON_ID)
    assert pending(store) == []


def test_every_change_is_told_by_the_ledger_with_a_number_that_rises(store):
    commit(store, "2026-11-21")
    commit(store)
    load(store)
    loader = store.table("transactions").loader
    numbers = []
    for change in (
        lambda: loader.withdraw(NOON_ID),
        lambda: loader.replace(store.files()),
        lambda: commit(store, rows=90, revision=2),
        lambda: loader.replace(store.files()),
    ):
        change()
        rows = store.ledger().set_index("batch_id")
        row = rows.loc[NOON_ID]
        assert row["load_number"] == rows["load_number"].max()
        numbers.append((row["load_number"], row["status"], row["revision"], row["row_count"]))
    assert numbers == [
        (3, "withdrawn", 1, 100),
        (4, "replaced", 1, 100),
        (4, "replaced", 1, 100),
        (5, "replaced", 2, 90),
    ]
    assert row["manifest"].endswith(f"transactions_{NOON_ID}.r2.json")
    assert row["manifest_sha256"] == store.files().manifest_sha256


def test_a_batch_that_was_never_loaded_can_be_neither_withdrawn_nor_replaced(store):
    commit(store)
    loader = store.table("transactions").loader
    with pytest.raises(NotInWarehouse, match="is not in the warehouse, so there is nothing to"):
        loader.withdraw(NOON_ID)
    with pytest.raises(NotInWarehouse, match="kedro plan lists the loaded batches"):
        loader.replace(store.files())
    assert store.in_table() == store.in_ledger() == {}


def test_a_replacement_that_is_refused_leaves_what_is_loaded(store):
    commit(store)
    load(store)
    commit(store, rows=90, revision=2)
    store.lake.remove(store.files().part_paths[0])
    with pytest.raises(FilesRefused, match="is missing"):
        store.table("transactions").loader.replace(store.files())
    assert store.in_table() == store.in_ledger() == {NOON_ID: 100}


def test_a_replacement_of_fewer_rows_than_promised_is_rolled_back(store):
    commit(store)
    load(store)
    commit(store, rows=90, revision=2)
    path = BatchName("transactions", NOON_ID, 2).manifest_path
    store.edit(path, lambda content: content.replace(b'_count": 90', b'_count": 91'))
    with pytest.raises(FilesRefused, match="COPY loaded 90 rows, its manifest promises 91"):
        store.table("transactions").loader.replace(store.files())
    assert store.in_table() == store.in_ledger() == {NOON_ID: 100}


def test_another_lakes_batch_is_not_replaced(store):
    commit(store)
    load(store)
    other = second_lake(store)
    commit(other, rows=70)
    with pytest.raises(OtherLake):
        other.table("transactions").loader.replace(other.files())
    assert store.in_table() == {NOON_ID: 100}


# Contracts change

OLD = {
    "batch_column": "batch_id",
    "columns": [
        {"name": "order_id", "type": "BIGINT"},
        {"name": "customer", "type": "VARCHAR(8)"},
        {"name": "batch_id", "type": "VARCHAR(16)", "repeats": True},
    ],
}
NEW = {**OLD, "columns": [*OLD["columns"], {"name": "note", "type": "DATE", "nullable": True}]}


def with_column(**changes) -> dict:
    """The old contract with its column ``customer`` changed."""
    first, customer, *others = OLD["columns"]
    return {**OLD, "columns": [first, {**customer, **changes}, *others]}


class Orders:
    """The table ``orders`` of a lake and a warehouse, under a contract."""

    def __init__(self, store: Project, contract: dict, **arguments):
        self.lake = store.lake_table("orders", contract=contract)
        self.table = store.table("orders", contract=contract, table_name="orders", **arguments)

    def commit(self, batch_id: str, **columns) -> object:
        rows = pa.table({"order_id": [1], "customer": ["anna"], **columns})
        with listening() as results:
            self.lake.save(LazyBatch(batch_id, [lambda: [rows]], {"source": batch_id}))
        return type(results[-1]).__name__

    def load(self) -> None:
        self.table.save(self.lake.load())

    def rows(self) -> list[dict]:
        query: TableQuery = self.table.load()
        return query.to_pandas().sort_values("batch_id").to_dict("records")


def test_an_older_batch_is_loaded_into_a_newer_table_where_what_it_lacks_is_null(store):
    Orders(store, OLD).commit("1")
    newer = Orders(store, NEW)
    newer.commit("2", note=[datetime(2026, 11, 22, tzinfo=UTC).date()])
    newer.load()
    first, second = newer.rows()
    assert pd.isna(first["note"])
    assert str(second["note"]) == "2026-11-22"
    assert store.in_ledger("orders") == {"1": 1, "2": 1}


def test_a_newer_contract_on_an_older_table_is_refused_with_the_statement_that_mends_it(store):
    older, newer = Orders(store, OLD), Orders(store, NEW)
    older.commit("1")
    older.load()
    newer.commit("2")
    with pytest.raises(TableMismatch, match="column note is missing, expected ") as refused:
        newer.load()
    assert store.in_ledger("orders") == {"1": 1}
    assert refused.value.statements == ["ALTER TABLE orders ADD COLUMN note DATE"]
    for statement in refused.value.statements:
        store.sql(statement)
    newer.load()
    assert store.in_ledger("orders") == {"1": 1, "2": 1}


def test_a_column_that_may_be_null_is_added_if_the_entry_asks_for_it(store):
    older = Orders(store, OLD)
    older.commit("1")
    older.load()
    newer = Orders(store, NEW, schema_evolution="add")
    newer.commit("2", note=[datetime(2026, 11, 22, tzinfo=UTC).date()])
    newer.load()
    assert [pd.isna(row["note"]) for row in newer.rows()] == [True, False]
    newer.load()
    assert store.in_ledger("orders") == {"1": 1, "2": 1}


def test_an_older_contract_goes_on_loading_into_a_table_that_has_more(store):
    older, newer = Orders(store, OLD), Orders(store, NEW)
    newer.commit("1")
    newer.load()
    older.commit("2")
    older.load()
    assert [set(row) for row in older.rows()] == [{"order_id", "customer", "batch_id"}] * 2


def test_a_newer_batch_is_not_loaded_into_a_table_of_the_older_contract(store):
    older = Orders(store, OLD)
    older.commit("1")
    older.load()
    Orders(store, NEW).commit("2")
    with pytest.raises(LoadFailed, match="does not fit the table orders: column note is missing"):
        older.load()
    assert store.in_ledger("orders") == {"1": 1}


def test_a_batch_of_the_older_contract_that_is_asked_for_again_was_committed_before(store):
    assert Orders(store, OLD).commit("1") == "Committed"
    assert Orders(store, NEW).commit("1") == "AlreadyCommitted"


@pytest.mark.parametrize(
    ("contract", "difference"),
    [
        (with_column(type="BIGINT"), "column customer is "),
        (with_column(nullable=True), "column customer is NOT NULL, the contract lets it be NULL"),
        ({**OLD, "columns": OLD["columns"][::2]}, "column customer is unknown, and is NOT NULL"),
    ],
    ids=["type", "nullability", "removed"],
)
def test_an_incompatible_contract_is_refused_column_by_column(store, contract, difference):
    older = Orders(store, OLD)
    older.commit("1")
    older.load()
    with pytest.raises(TableMismatch, match=difference):
        Orders(store, contract, schema_evolution="add").load()


def test_a_batch_whose_column_has_another_type_is_refused_by_name(store):
    Orders(store, OLD).commit("1")
    with pytest.raises(LoadFailed, match="does not fit the table orders: column customer is .*ex"):
        Orders(store, with_column(type="BIGINT")).load()
    assert store.in_ledger("orders") == {}


def test_a_batch_that_lacks_a_column_which_must_not_be_null_is_refused_by_name(store):
    Orders(store, OLD).commit("1")
    required = {"name": "price", "type": "DECIMAL(9,2)"}
    with pytest.raises(LoadFailed, match="column price is unknown, and is NOT NULL"):
        Orders(store, {**OLD, "columns": [*OLD["columns"], required]}).load()
    assert store.in_ledger("orders") == {}


def test_a_wider_text_takes_what_a_narrower_one_held(store):
    Orders(store, OLD).commit("1")
    wider = Orders(store, with_column(type="VARCHAR(20)"))
    wider.load()
    Orders(store, OLD).load()
    assert [row["customer"] for row in wider.rows()] == ["anna"]


# Reading


def test_a_table_that_is_not_there_yet_is_empty(store):
    dataset = store.table("transactions")
    assert not dataset.exists()
    assert dataset.load().count() == 0
    assert store.ledger().empty


def test_a_table_is_a_query_that_the_warehouse_runs(store):
    commit(store, rows=500)
    load(store)
    query = store.table("transactions").load()
    assert query.count() == 500
    assert query.where(query.table.c.batch_id == NOON_ID).count() == 500
    assert query.where(query.table.c.merchant_name.like("100%")).count() == 0
    assert len(query.head(3)) == 3
    assert str(query.head(1).dtypes["amount"]) == "decimal128(18, 2)[pyarrow]"
    assert str(query.head(1).dtypes["event_ts"]) == "timestamp[us][pyarrow]"


def test_a_table_that_lacks_a_column_of_the_contract_is_not_read_as_if_it_had_it(store):
    older = Orders(store, OLD)
    older.commit("1")
    older.load()
    with pytest.raises(TableMismatch, match="ALTER TABLE orders ADD COLUMN note DATE"):
        Orders(store, NEW).rows()


def test_the_plan_is_what_is_run(store):
    commit(store)
    statements = store.table("transactions").loader.plan(store.files())
    load(store)
    last = json.dumps(statements[-1])
    assert "INSERT INTO load_ledger" in last
    assert NOON_ID in last
    assert store.files().manifest_sha256 in last


def test_a_contract_names_the_table(store):
    given = contract_of("transactions")
    assert store.table("transactions", **given).table is TRANSACTIONS
