import duckdb
import pytest
from kedro.io import DataCatalog, MemoryDataset

from tests.conftest import NOON, NOON_ID
from txn_kedro.summary import outcomes, summarise
from txn_kedro.synthesis.examples import small_batch
from txn_kedro.warehouse.errors import LoadFailed

ALL = ["batches", "transactions"]


@pytest.fixture
def catalog(project) -> DataCatalog:
    return DataCatalog(
        {
            "batches": project.batches(),
            "transactions": project.table("transactions"),
            "load_ledger": project.table("load_ledger", load_args={"as_frame": True}),
        }
    )


def generate(catalog) -> None:
    catalog["batches"].save(small_batch(NOON, 1000))


def load(catalog, project) -> None:
    catalog["transactions"].save(project.batches().load())


def test_a_whole_run_tells_batch_load_warehouse_and_what_is_next(catalog, project):
    generate(catalog)
    load(catalog, project)
    batch, loaded, warehouse, following = summarise(ALL, catalog)
    assert batch.startswith(
        f"Batch      {NOON_ID}: 1,000 transactions in 1 part, 0.0 MB; committed"
    )
    assert loaded.startswith("Loaded     1 batch, 1,000 transactions in ")
    assert warehouse == f"Warehouse  {project.warehouse_path}: 1 batch, 1,000 transactions"
    assert following.startswith("Next       run again")


def test_a_generation_alone_points_to_the_load(catalog):
    generate(catalog)
    batch, following = summarise(["batches"], catalog)
    assert NOON_ID in batch
    assert following.startswith("Next       ")
    assert following.endswith("kedro run --pipelines loading loads it")


def test_a_second_generation_says_that_it_wrote_nothing(catalog):
    generate(catalog)
    generate(catalog)
    assert "committed before, not written again" in summarise(["batches"], catalog)[0]


def test_a_load_without_pending_batches_says_so(catalog):
    catalog["transactions"].save({})
    assert summarise(["transactions"], catalog)[0] == "Loaded     nothing: no batch was pending"


def test_what_was_in_the_warehouse_already_is_told(catalog, project):
    generate(catalog)
    load(catalog, project)
    load(catalog, project)
    assert summarise(["transactions"], catalog)[0].endswith("; 1 in the warehouse already")


def test_a_run_of_neither_has_no_summary(catalog):
    assert summarise([], catalog) == []
    assert summarise(ALL, catalog) == []


def test_other_datasets_under_these_names_are_let_be():
    assert summarise(ALL, DataCatalog({name: MemoryDataset() for name in ALL})) == []


def test_a_failed_load_still_knows_what_it_loaded(catalog, project):
    generate(catalog)
    project.manifest_file("20261123T000000Z").write_text("{")
    with pytest.raises(LoadFailed, match=f"Loaded: {NOON_ID}"):
        load(catalog, project)
    batch, loaded = outcomes(ALL, catalog)
    assert batch.startswith(f"Batch      {NOON_ID}: 1,000 transactions")
    assert loaded.startswith("Loaded     1 batch, 1,000 transactions in ")
    assert loaded.endswith("; 1 REFUSED, as the error says")


def test_a_table_that_disagrees_with_its_ledger_is_shouted(catalog, project):
    generate(catalog)
    load(catalog, project)
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute("DELETE FROM transactions WHERE is_cross_border")
    assert summarise(["transactions"], catalog)[1].endswith(
        "transactions, BUT ITS LEDGER SAYS 1,000"
    )
