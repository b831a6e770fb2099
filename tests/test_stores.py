import pytest
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Pipeline, node

from txn_kedro.stores import Stores

PIPELINE = Pipeline(
    [
        node(lambda: None, None, "lake_cards", name="a"),
        node(lambda *_: None, ["lake_cards", "load_ledger", "notes"], "warehouse_cards", name="b"),
    ]
)


def catalog(project, **others) -> DataCatalog:
    datasets = {
        "lake_cards": project.lake_table("cards"),
        "warehouse_cards": project.table("cards"),
        "load_ledger": project.table("load_ledger"),
        "notes": MemoryDataset(),
    }
    return DataCatalog({**datasets, **others})


def test_a_table_is_what_both_a_lake_and_a_warehouse_have(project):
    stores = Stores.of([PIPELINE], catalog(project))
    assert [table.name for table in stores.loaded] == ["cards"]
    assert str(stores.warehouse) == str(project.warehouse_path)
    assert [lake.url("") for lake in stores.lake_roots] == [str(project.lake_path)]


def test_a_warehouse_of_several_files_is_refused_by_name(project):
    further = Pipeline([node(lambda: None, None, "warehouse_merchants", name="c")])
    elsewhere = project.table("merchants", filepath=str(project.root / "other.duckdb"))
    stores = Stores.of([PIPELINE, further], catalog(project, warehouse_merchants=elsewhere))
    with pytest.raises(DatasetError, match=r"are in: .*warehouse.duckdb, .*other.duckdb"):
        _ = stores.warehouse
