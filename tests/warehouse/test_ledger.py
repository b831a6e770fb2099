import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError

from txn_kedro.warehouse.ledger import one_row_per_batch


def ledger(*keys: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(keys, columns=["lake_id", "table_name", "batch_id"])


def test_a_ledger_with_one_row_for_each_batch_is_sound():
    one_row_per_batch(ledger())
    one_row_per_batch(ledger(("l", "a", "1"), ("l", "b", "1"), ("m", "a", "1"), ("l", "a", "2")))


def test_a_batch_with_two_rows_is_named():
    with pytest.raises(DatasetError, match="more than one row of batch 1 of a from the lake l"):
        one_row_per_batch(ledger(("l", "a", "1"), ("l", "a", "2"), ("l", "a", "1")))


def test_the_catalog_checks_the_ledger_whenever_it_is_loaded(project):
    project.generate()
    project.load()
    entry = {
        "type": "txn_kedro.datasets.DuckDBTableDataset",
        "filepath": str(project.warehouse_path),
        "contract": "txn_kedro.warehouse.ledger.LOAD_LEDGER",
        "load_args": {"as_frame": True},
        "validator": "txn_kedro.warehouse.ledger.one_row_per_batch",
    }
    catalog = DataCatalog.from_config({"load_ledger": entry})
    assert len(catalog.load("load_ledger")) == 1
    project.sql("INSERT INTO load_ledger SELECT * FROM load_ledger")
    with pytest.raises(Exception, match="load_ledger has more than one row of batch"):
        catalog.load("load_ledger")
