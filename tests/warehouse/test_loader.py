"""The loader's protocol, over the embedded warehouse."""

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import pytest

from tests.conftest import NOON_ID
from txn_kedro.datasets import DuckDBTableDataset
from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.pipelines.loading.nodes import find_pending
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.warehouse.duckdb_warehouse import DuckDBWarehouse
from txn_kedro.warehouse.errors import (
    LedgerDisagrees,
    LoadFailed,
    TableMismatch,
    TransientFailure,
    WarehouseUnavailable,
)
from txn_kedro.warehouse.ledger import LOAD_LEDGER
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.outcomes import AlreadyLoaded, Loaded
from txn_kedro.warehouse.retrying import ATTEMPTS

FIVE_DAYS = [f"2026112{day}T120000Z" for day in range(1, 6)]


@pytest.fixture
def five(project):
    """Five committed batches of 101 to 105 rows."""
    for day in range(1, 6):
        project.generate(f"2026-11-2{day}T12:00:00Z", rows=100 + day)
    return project


@pytest.fixture
def loader(project):
    return Loader(project.table("transactions").warehouse)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr("txn_kedro.warehouse.retrying._FIRST_PAUSE", 0)


def everything(project):
    return {batch_id: 100 + day for day, batch_id in enumerate(FIVE_DAYS, start=1)}


def test_batches_are_loaded_in_time_order_with_a_ledger_row_each(five):
    report = five.load().outcome
    assert [loaded.name for loaded in report.loaded] == FIVE_DAYS
    assert report.volume.rows == 515
    assert five.in_table() == five.in_ledger() == everything(five)


def test_the_ledger_tells_what_was_loaded_and_from_where(project):
    project.generate()
    project.load()
    (row,) = project.table("load_ledger").load().to_pandas().to_dict("records")
    manifest = project.lake.batch(NOON_ID).manifest
    loaded_at, version = row.pop("loaded_at"), row.pop("manifest_version")
    assert row == {
        "batch_id": NOON_ID,
        "row_count": 100,
        "byte_count": manifest.volume.bytes,
        "part_count": 1,
        "manifest": str(project.manifest_file()),
        "manifest_sha256": hashlib.sha256(project.manifest_file().read_bytes()).hexdigest(),
        "schema_fingerprint": TRANSACTIONS.fingerprint,
        "world_fingerprint": SMALL_WORLD.fingerprint,
    }
    assert version == project.batches().load()[NOON_ID].version
    assert abs((datetime.now(UTC).replace(tzinfo=None) - loaded_at).total_seconds()) < 600


def test_loading_again_appends_nothing_and_says_so(five, caplog):
    five.load()
    caplog.set_level("INFO", logger="txn_kedro")
    report = five.load().outcome
    assert report.loaded == []
    assert [already.name for already in report.already] == FIVE_DAYS
    assert five.in_table() == everything(five)
    assert f"Batch {NOON_ID}: in the warehouse already (2 of 5)" in caplog.text


def test_nothing_pending_is_said_and_touches_nothing(project, loader, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    loader.load_batches({})
    assert "Nothing pending" in caplog.text
    assert not project.warehouse_path.exists()


def damage_part(project, batch_id):
    (part,) = project.lake_path.glob(f"transactions/*/*{batch_id}*")
    part.write_bytes(part.read_bytes()[:-1])


def lose_part(project, batch_id):
    (part,) = project.lake_path.glob(f"transactions/*/*{batch_id}*")
    part.unlink()


def break_manifest(project, batch_id):
    project.manifest_file(batch_id).write_text("{")


def change_schema(project, batch_id):
    file = project.manifest_file(batch_id)
    file.write_text(file.read_text().replace(TRANSACTIONS.fingerprint, "0123456789abcdef"))


@pytest.mark.parametrize("damage", [damage_part, lose_part, break_manifest, change_schema])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_bad_batch_is_refused_whole_while_the_others_load(five, damage, place):
    bad = FIVE_DAYS[place]
    damage(five, bad)
    with pytest.raises(LoadFailed) as failure:
        five.load()
    others = {batch_id: rows for batch_id, rows in everything(five).items() if batch_id != bad}
    assert five.in_table() == five.in_ledger() == others
    assert failure.value.loaded == list(others)
    (told,) = failure.value.failures
    assert bad in told
    assert "1 batch(es) could not be loaded" in str(failure.value)


def test_a_mended_batch_is_loaded_by_the_next_run(five):
    damage_part(five, FIVE_DAYS[2])
    with pytest.raises(LoadFailed):
        five.load()
    five.generate("2026-11-23T12:00:00Z", rows=103)
    five.load()
    assert five.in_table() == everything(five)


def test_a_count_that_is_not_the_manifests_rolls_back(project, loader):
    project.generate()
    file = project.manifest_file()
    file.write_text(
        file.read_text()
        .replace('"row_count": 100', '"row_count": 101')
        .replace('"record_count": 100', '"record_count": 101')
    )
    with pytest.raises(LoadFailed, match="COPY loaded 100 rows, its manifest promises 101; rolled"):
        project.load()
    assert project.in_table() == project.in_ledger() == {}
    # What the error says.
    file.unlink()
    project.generate()
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}


class Contended(DuckDBWarehouse):
    """Fails some commits as a warehouse does whose other loader has won the race."""

    def __init__(self, path, conflicts: int):
        super().__init__(str(path), DuckDBTableDataset.DEFAULT_CONFIG, lock_timeout=60)
        self.conflicts = conflicts

    @contextmanager
    def transaction(self):
        with super().transaction() as connection:
            yield connection
            if self.conflicts > 0:
                self.conflicts -= 1
                problem = "1023: serializable isolation violation"
                raise TransientFailure(str(self), problem, "Run again.")


def test_what_the_warehouse_itself_refuses_fails_that_batch_only(five):
    five.load()
    with duckdb.connect(str(five.warehouse_path)) as connection:
        connection.execute("DELETE FROM load_ledger; DELETE FROM transactions")
        connection.execute("CREATE UNIQUE INDEX every ON load_ledger (row_count)")
        connection.execute(
            "INSERT INTO load_ledger VALUES ('x', 103, 0, 0, '', '', '', '', '', '2026-01-01')"
        )
    with pytest.raises(
        LoadFailed, match="Batch 20261123T120000Z: nothing of it loaded: Const"
    ) as e:
        five.load()
    assert "[SQL" not in str(e.value)
    assert list(five.in_table()) == [*FIVE_DAYS[:2], *FIVE_DAYS[3:]]


def test_a_conflict_retries_the_whole_transaction(project, caplog):
    project.generate()
    report = Loader(Contended(project.warehouse_path, 2)).load_batches(project.batches().load())
    assert [loaded.name for loaded in report.loaded] == [NOON_ID]
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}
    assert "Trying again (2 of 4): 1023: serializable isolation violation" in caplog.text


def test_a_batch_that_another_loader_won_is_left_to_it(project):
    project.generate()
    files = project.lake.batch(NOON_ID)
    project.load()
    report = Loader(Contended(project.warehouse_path, 1)).load_batches({NOON_ID: lambda: files})
    assert report.already == [AlreadyLoaded(NOON_ID)]
    assert project.in_table() == {NOON_ID: 100}


def test_a_conflict_that_never_ends_is_given_up_with_a_reason(project):
    project.generate()
    with pytest.raises(
        WarehouseUnavailable, match=f"it failed {ATTEMPTS} times; the last error was: 1023"
    ):
        Loader(Contended(project.warehouse_path, 1000)).load_batches(project.batches().load())
    assert project.in_table() == {}


def test_an_error_of_ours_is_not_retried(project, loader):
    project.generate()
    with pytest.raises(ZeroDivisionError):
        loader.load_batches({NOON_ID: lambda: 1 / 0})
    assert project.in_table() == {}


# The ledger is not believed blindly


def replaced_in_the_lake(project) -> None:
    """Load a batch, lose the lake, and generate the same execution time with another seed."""
    project.generate()
    project.load()
    shutil.rmtree(project.lake_path)
    project.generate(rows=120, seed=8)


def test_a_batch_that_was_loaded_from_another_manifest_is_an_error(project):
    replaced_in_the_lake(project)
    before = project.table("transactions").load().to_pandas()
    with pytest.raises(LoadFailed) as failure:
        project.load()
    (told,) = failure.value.failures
    assert f"Batch {NOON_ID}: the warehouse holds other rows than the lake" in told
    assert "row_count is 100 in the ledger, 120 in the lake" in told
    assert f"delete {project.manifest_file()} and run the generation" in told
    assert "manifest_sha256 is" in told
    assert project.table("transactions").load().to_pandas().equals(before)


def test_the_lake_wins_by_the_sql_of_the_error(project):
    replaced_in_the_lake(project)
    with pytest.raises(LoadFailed) as failure:
        project.load()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute(failure.value.failures[0].partition("then load again:")[2])
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 120}


def test_the_warehouse_wins_by_generating_with_the_old_settings(project):
    replaced_in_the_lake(project)
    project.manifest_file().unlink()
    project.generate()
    assert project.load().outcome.already == [AlreadyLoaded(NOON_ID)]
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}


def test_another_loader_of_another_lake_is_found_within_the_transaction(project, loader):
    replaced_in_the_lake(project)
    with pytest.raises(LedgerDisagrees):
        loader.load_batch(project.lake.batch(NOON_ID))


def test_a_manifest_that_was_only_touched_is_compared_and_found_the_same(project):
    project.generate()
    project.load()
    os.utime(project.manifest_file(), (1, 1))
    committed = project.batches().load()
    pending = find_pending(committed, project.table("load_ledger").load().to_pandas())
    assert list(pending) == [NOON_ID]
    table = project.table("transactions")
    table.save(pending)
    assert table.outcome.already == [AlreadyLoaded(NOON_ID)]


def test_a_ledger_row_without_a_digest_is_compared_by_what_it_has(project):
    project.generate()
    project.load()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute("ALTER TABLE load_ledger ALTER manifest_sha256 DROP NOT NULL")
        connection.execute("UPDATE load_ledger SET manifest_sha256 = NULL")
    assert project.load().outcome.already == [AlreadyLoaded(NOON_ID)]


# A manifest cannot lie


def leaves(value, path=()):
    """Every value in a manifest that is not a container, by its path."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def changed(value):
    """The value with one character or digit changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return "x"
    return value[:-1] + ("0" if value[-1] != "0" else "1")


def parent(stored, path):
    for key in path[:-1]:
        stored = stored[key]
    return stored


def lies(stored) -> dict[str, str]:
    """Manifests with one value changed, one key misspelt, or one key lost, each by its name."""
    found = {}
    for path, value in leaves(stored):
        lie = json.loads(json.dumps(stored))
        parent(lie, path)[path[-1]] = changed(value)
        found[f"changed {path}"] = json.dumps(lie)
        if isinstance(path[-1], str):
            misspelt = json.loads(json.dumps(stored))
            inside = parent(misspelt, path)
            inside[path[-1] + "x"] = inside.pop(path[-1])
            found[f"misspelt {path}"] = json.dumps(misspelt)
            lost = json.loads(json.dumps(stored))
            parent(lost, path).pop(path[-1])
            found[f"lost {path}"] = json.dumps(lost)
    return found


def test_a_manifest_with_any_one_thing_changed_is_refused(project):
    project.generate()
    unnoticed = []
    stored = json.loads(project.manifest_file().read_text())
    # An ETag of null is what a folder has, so a lost one changes nothing.
    harmless = {"lost ('parts', 0, 'etag')"}
    for name, lie in lies(stored).items():
        project.manifest_file().write_text(lie)
        try:
            project.lake.batch(NOON_ID).check(TRANSACTIONS)
        except (FilesRefused, ManifestError):
            continue
        unnoticed.append(name)
    assert set(unnoticed) == harmless


@pytest.mark.parametrize(
    "path",
    [
        ("world_fingerprint",),
        ("configuration", "seed"),
        ("configuration_fingerprint",),
        ("schema", "elements", 3, "type"),
        ("entries", 0, "mandatory"),
        ("name",),
    ],
)
def test_a_manifest_that_lies_is_replaced_as_the_error_says(project, path):
    project.generate()
    true = project.manifest_file().read_bytes()
    lie = json.loads(true)
    parent(lie, path)[path[-1]] = changed(parent(lie, path)[path[-1]])
    project.manifest_file().write_text(json.dumps(lie))
    with pytest.raises(LoadFailed, match="is broken: .* Delete it and run the generation"):
        project.load()
    assert project.in_table() == project.in_ledger() == {}
    with pytest.raises(ManifestError, match="Delete it and run the generation"):
        project.generate()
    project.manifest_file().unlink()
    project.generate()
    assert project.manifest_file().read_bytes() == true
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}


def test_a_batch_of_other_columns_is_replaced_as_the_error_says(project):
    project.generate()
    change_schema(project, NOON_ID)
    with pytest.raises(LoadFailed, match=f"or delete {project.manifest_file()} and run its gen"):
        project.load()
    with pytest.raises(FilesRefused, match="its columns have the fingerprint"):
        project.generate()
    project.manifest_file().unlink()
    project.generate()
    project.load()
    assert project.in_table() == {NOON_ID: 100}


# The world


def world_tables(project):
    return {
        name: project.table(name).load().to_pandas() for name in ("customers", "cards", "merchants")
    }


def load_world(project):
    outcomes = {}
    for name in ("customers", "cards", "merchants"):
        dataset = project.table(name)
        dataset.save(project.batches().load())
        outcomes[name] = dataset.outcome
    return outcomes


def test_the_world_of_the_newest_batch_is_loaded(project):
    project.generate()
    assert all(isinstance(outcome, Loaded) for outcome in load_world(project).values())
    tables = world_tables(project)
    assert len(tables["customers"]) == SMALL_WORLD.customers
    assert len(tables["merchants"]) == SMALL_WORLD.merchants


def test_the_same_world_is_not_loaded_again(project):
    project.generate()
    load_world(project)
    assert all(isinstance(outcome, AlreadyLoaded) for outcome in load_world(project).values())
    assert len(world_tables(project)["customers"]) == SMALL_WORLD.customers


def test_a_world_table_that_lost_rows_is_loaded_again(project):
    project.generate()
    load_world(project)
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute("DELETE FROM customers WHERE customer_id > 10")
    assert isinstance(load_world(project)["customers"], Loaded)
    assert len(world_tables(project)["customers"]) == SMALL_WORLD.customers


def test_a_new_world_replaces_the_old_one_and_says_so(project, caplog):
    from dataclasses import replace

    from txn_kedro.datasets import WorldDataset

    project.generate()
    load_world(project)
    smaller = replace(SMALL_WORLD, customers=200)
    WorldDataset(filepath=str(project.lake_path)).save(smaller)
    project.generate("2026-11-23", world=smaller)
    load_world(project)
    assert f"world {SMALL_WORLD.fingerprint} is replaced" in caplog.text
    customers = world_tables(project)["customers"]
    assert len(customers) == 200
    assert set(customers["world_fingerprint"]) == {smaller.fingerprint}


def test_no_batch_means_no_world(project):
    assert load_world(project) == {"customers": None, "cards": None, "merchants": None}
    assert not project.warehouse_path.exists()


def test_a_batch_with_a_broken_manifest_is_passed_over(five):
    break_manifest(five, FIVE_DAYS[-1])
    load_world(five)
    assert len(world_tables(five)["customers"]) == SMALL_WORLD.customers


def test_a_batch_whose_manifest_vanishes_meanwhile_is_passed_over(five):
    listed = five.batches().load()
    five.manifest_file(FIVE_DAYS[-1]).unlink()
    five.table("customers").save(listed)
    assert five.table("customers").load().count() == SMALL_WORLD.customers


def test_a_damaged_world_table_is_refused_and_the_old_one_stays(project):
    from dataclasses import replace

    from txn_kedro.datasets import WorldDataset

    project.generate()
    load_world(project)
    smaller = replace(SMALL_WORLD, customers=200)
    WorldDataset(filepath=str(project.lake_path)).save(smaller)
    project.generate("2026-11-23", world=smaller)
    file = project.lake_path / "world" / smaller.fingerprint / "customers.parquet"
    file.write_bytes(b"?" * file.stat().st_size)
    with pytest.raises(FilesRefused, match="was altered"):
        load_world(project)
    assert len(world_tables(project)["customers"]) == SMALL_WORLD.customers


def test_a_world_that_the_lake_has_lost_is_said_to_be_missing(project):
    project.generate()
    (project.lake_path / "world" / SMALL_WORLD.fingerprint / "cards.json").unlink()
    with pytest.raises(FilesRefused, match=r"cards.json is missing. Run the generation that made"):
        load_world(project)
    project.generate()
    load_world(project)
    assert len(world_tables(project)["cards"]) > SMALL_WORLD.customers


def test_a_ledger_of_another_shape_stops_the_load(project):
    project.generate()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute(f"CREATE TABLE {LOAD_LEDGER.name} (batch_id VARCHAR)")
    with pytest.raises(TableMismatch, match="Table load_ledger differs.*row_count is missing"):
        project.load()
