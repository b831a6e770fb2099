import duckdb
import pytest

from tests.conftest import NOON, NOON_ID, small_batch
from txn_kedro.results import listening
from txn_kedro.stores import Stores
from txn_kedro.summary import summarise, summarise_results
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.warehouse.errors import LoadFailed


@pytest.fixture
def stores(project) -> Stores:
    names = ("transactions", "customers", "cards", "merchants")
    return Stores(
        {name: project.lake_table(name) for name in names},
        {name: project.table(name) for name in names},
    )


@pytest.fixture
def results():
    """What the saves of a test come to."""
    with listening() as results:
        yield results


def generate(project, rows: int = 1000) -> None:
    project.batches().save(small_batch(NOON, rows))


def test_a_whole_run_tells_batch_load_warehouse_and_what_is_next(project, stores, results):
    generate(project)
    project.load()
    batch, loaded, warehouse, following = summarise(results, stores)
    assert batch.startswith(
        f"Batch      {NOON_ID}: 1,000 transactions in 1 part, 0.0 MB; committed"
    )
    assert loaded.startswith("Loaded     1 batch, 1,000 transactions in ")
    assert warehouse == f"Warehouse  {project.warehouse_path}: 1 batch, 1,000 transactions"
    assert following.startswith("Next       run again")


def test_the_tables_of_a_world_are_told_together(project, stores, results):
    project.generate_world()
    project.load_world()
    batch, loaded, warehouse, _ = summarise(results, stores)
    world = "1,000 customers, 1,552 cards, 300 merchants"
    assert batch.startswith(f"Batch      {SMALL_WORLD.batch_id}: {world} in 3 parts, 0.1 MB; commi")
    assert loaded.startswith(f"Loaded     3 batches, {world} in ")
    assert warehouse == f"Warehouse  {project.warehouse_path}: 3 batches, {world}"


def test_what_is_new_is_told_and_not_the_world_that_was_there_before(project, stores):
    project.generate_world()
    with listening() as results:
        project.generate()
    batch, _ = summarise(results, stores)
    assert NOON_ID in batch


def test_a_generation_alone_points_to_the_load(project, stores, results):
    generate(project)
    batch, following = summarise(results, stores)
    assert NOON_ID in batch
    assert following.startswith("Next       ")
    assert following.endswith("kedro run --pipelines loading loads it")


def test_a_second_generation_says_that_it_wrote_nothing(project, stores):
    generate(project)
    with listening() as results:
        generate(project)
    assert "committed before, not written again" in summarise(results, stores)[0]


def test_a_correction_names_its_revision(project, results):
    generate(project)
    project.batches().save(small_batch(NOON, 10, revision=2))
    assert summarise_results(results)[1].startswith(
        f"Batch      {NOON_ID}, revision 2: 10 transactions in "
    )


def test_a_load_without_pending_batches_says_so(project, stores, results):
    project.table("transactions").save({})
    assert summarise(results, stores)[0] == "Loaded     nothing: no batch was pending"


def test_what_was_in_the_warehouse_already_is_told(project, stores):
    generate(project)
    project.load()
    with listening() as results:
        project.load()
    assert summarise(results, stores)[0].endswith("; 1 in the warehouse already")


def test_a_run_of_neither_has_no_summary(stores):
    assert summarise([], stores) == []


def test_a_failed_load_still_knows_what_it_loaded(project, results):
    generate(project)
    project.manifest_file("20261123T000000Z").write_text("{")
    with pytest.raises(LoadFailed, match=f"Loaded: {NOON_ID}"):
        project.load()
    batch, loaded = summarise_results(results)
    assert batch.startswith(f"Batch      {NOON_ID}: 1,000 transactions")
    assert loaded.startswith("Loaded     1 batch, 1,000 transactions in ")
    assert loaded.endswith("; 1 REFUSED, as the error says")


def test_a_table_that_disagrees_with_its_ledger_is_shouted(project, stores):
    generate(project)
    with listening() as results:
        project.load()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute("DELETE FROM transactions WHERE is_cross_border")
    assert summarise(results, stores)[1].endswith(
        "transactions, BUT ITS LEDGER SAYS 1,000 transactions"
    )


def test_a_withdrawn_batch_does_not_count(project, stores):
    generate(project)
    project.load()
    project.table("transactions").loader.withdraw(NOON_ID)
    with listening() as results:
        project.table("transactions").save({})
    assert summarise(results, stores)[1].endswith(": 0 batches, 0 transactions")
