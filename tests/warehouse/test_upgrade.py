"""A warehouse that version 1 of the project has filled is recognised, and moved once."""

import dataclasses
import hashlib
import json
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import NOON_ID, small_batch
from txn_kedro.lake import BatchName
from txn_kedro.lake.manifest import digest
from txn_kedro.results import AlreadyLoaded, listening
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.tables import CUSTOMERS, TABLES, TRANSACTIONS
from txn_kedro.tables import Column, Table, fingerprint
from txn_kedro.warehouse.definitions import sqlalchemy_table
from txn_kedro.warehouse.errors import OlderLayout
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.steps import Step
from txn_kedro.warehouse.upgrade import upgrade

LEDGER_1 = Table(
    "load_ledger",
    "The ledger of version 1",
    (
        Column("batch_id", "VARCHAR(16)"),
        Column("row_count", "BIGINT"),
        Column("byte_count", "BIGINT"),
        Column("part_count", "INTEGER"),
        Column("manifest", "VARCHAR(1024)"),
        Column("manifest_sha256", "VARCHAR(64)"),
        Column("manifest_version", "VARCHAR(80)", nullable=True),
        Column("schema_fingerprint", "VARCHAR(16)"),
        Column("world_fingerprint", "VARCHAR(16)"),
        Column("loaded_at", "TIMESTAMP"),
    ),
)


def without(table: Table, column: str, **changes) -> Table:
    kept = tuple(each for each in table.columns if each.name != column)
    return dataclasses.replace(table, columns=kept, **changes)


TRANSACTIONS_1 = without(TRANSACTIONS, "world_fingerprint")
CUSTOMERS_1 = without(CUSTOMERS, "batch_id", batch_column=None)


def written_by_version_1(store) -> str:
    """Turn the one batch of the lake into what version 1 wrote. The digest of its manifest."""
    name = BatchName("transactions", NOON_ID)
    now = store.files()
    (part,) = now.part_paths
    path = name.version_1_part_path(0)
    rows = pq.read_table(pa.BufferReader(store.lake.read(part)))
    sink = pa.BufferOutputStream()
    pq.write_table(rows.drop_columns("world_fingerprint"), sink)
    made = sink.getvalue().to_pybytes()
    with store.lake.write(path) as file:
        file.write(made)
    url, etag = store.lake.entry_url(path), store.lake.etag(path)
    sha256 = hashlib.sha256(made).hexdigest()
    stored = json.loads(now.manifest.to_json())
    configuration = {"generator_version": 1, **stored["configuration"]}
    content = json.dumps(
        {
            "entries": [{"url": url, "mandatory": True, "meta": {"content_length": len(made)}}],
            "meta": {**stored["meta"], "content_length": len(made)},
            "table": "transactions",
            "name": NOON_ID,
            "parts": [{"url": url, "row_count": 100, "sha256": sha256, "etag": etag}],
            "schema": {
                "fingerprint": TRANSACTIONS_1.fingerprint,
                "elements": [{"name": c.name, "type": c.type} for c in TRANSACTIONS_1.columns],
            },
            "world_fingerprint": SMALL_WORLD.fingerprint,
            "configuration": configuration,
            "configuration_fingerprint": fingerprint(configuration),
        }
    ).encode()
    store.edit(name.manifest_path, lambda _: content)
    store.lake.remove(part)
    store.lake.remove("lake.json")
    return digest(content)


@pytest.fixture
def version_1(store):
    """A lake and a warehouse as version 1 left them: a batch, a world table and its ledger row."""
    store.batches().save(small_batch())
    sha256 = written_by_version_1(store)
    files = store.files()
    warehouse = store.table("transactions").warehouse
    row = (
        sqlalchemy_table(LEDGER_1)
        .insert()
        .values(
            batch_id=NOON_ID,
            row_count=100,
            byte_count=files.manifest.volume.bytes,
            part_count=1,
            manifest=files.manifest_url,
            manifest_sha256=sha256,
            manifest_version=files.manifest_version,
            schema_fingerprint=TRANSACTIONS_1.fingerprint,
            world_fingerprint=SMALL_WORLD.fingerprint,
            loaded_at=datetime(2026, 11, 22, 13),
        )
    )
    for table in (LEDGER_1, TRANSACTIONS_1, CUSTOMERS_1):
        warehouse.define(table.name, warehouse.create_statements(table))
    warehouse.run("load", [*warehouse.copy_steps(TRANSACTIONS_1, files), Step(row)])
    return store


def move(store) -> list[str]:
    warehouse = store.table("transactions").warehouse
    return upgrade(warehouse, list(TABLES.values()), store.lake.lake_id())


def test_it_is_recognised_and_nothing_is_changed(version_1):
    with pytest.raises(OlderLayout, match="was filled by an older version .*run: kedro upgrade"):
        version_1.table("transactions").save(version_1.batches().load())
    with pytest.raises(OlderLayout):
        version_1.ledger()
    assert version_1.sql("SELECT count(*) FROM transactions")[0][0] == 100


def test_it_is_moved_with_all_its_rows_and_what_its_ledger_knew(version_1):
    assert move(version_1)
    assert version_1.in_table() == version_1.in_ledger() == {NOON_ID: 100}
    (row,) = version_1.ledger().to_dict("records")
    assert row["lake_id"] == version_1.lake.lake_id()
    assert (row["table_name"], row["status"], row["load_number"]) == ("transactions", "loaded", 1)
    worlds = version_1.sql("SELECT DISTINCT world_fingerprint FROM transactions")
    assert [tuple(world) for world in worlds] == [(SMALL_WORLD.fingerprint,)]


def test_after_the_move_loading_goes_on(version_1):
    move(version_1)
    with listening() as results:
        version_1.table("transactions").save(version_1.batches().load())
    assert results[0].already == [AlreadyLoaded("transactions", NOON_ID)]
    version_1.generate("2026-11-23")
    version_1.load()
    version_1.load_world()
    assert version_1.in_table() == version_1.in_ledger() == {NOON_ID: 100, "20261123T000000Z": 100}
    assert version_1.table("customers").load().count() == SMALL_WORLD.customers
    assert version_1.sql("SELECT count(*) FROM customers_version_1")[0][0] == 0


def test_a_second_move_does_nothing(version_1):
    move(version_1)
    before = version_1.ledger()
    assert move(version_1) == []
    assert version_1.ledger().equals(before)


def test_an_empty_warehouse_needs_no_move(store):
    assert upgrade(store.table("transactions").warehouse, [TRANSACTIONS], "lake") == []


def test_a_batch_of_version_1_is_loaded_into_a_new_warehouse(store):
    store.batches().save(small_batch())
    written_by_version_1(store)
    Loader(store.table("transactions").warehouse, TRANSACTIONS).load(store.batches().load())
    assert store.in_table() == store.in_ledger() == {NOON_ID: 100}
    query = store.table("transactions").load()
    assert query.where(query.table.c.world_fingerprint.is_(None)).count() == 100


def test_a_batch_of_version_1_that_is_asked_for_again_was_committed_before(store):
    store.batches().save(small_batch())
    written_by_version_1(store)
    with listening() as results:
        store.batches().save(small_batch())
    assert type(results[0]).__name__ == "AlreadyCommitted"
