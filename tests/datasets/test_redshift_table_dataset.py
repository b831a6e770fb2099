"""The catalog plugin for a table of Redshift, over the sandbox."""

import pytest
from kedro.io import DatasetError

from tests.conftest import NOON_ID, contract_of
from txn_kedro.datasets import RedshiftTableDataset

CREDENTIALS = {"host": "127.0.0.1", "database": "dev", "workgroup": "txn", "iam_role": "default"}


@pytest.fixture
def loaded(redshift):
    redshift.generate(rows=500)
    redshift.load()
    return redshift


def test_a_table_that_is_not_there_yet_is_empty(redshift):
    dataset = redshift.table("transactions")
    assert not dataset.exists()
    assert dataset.load().count() == 0
    assert redshift.table("load_ledger", load_args={"as_frame": True}).load().empty


def test_it_loads_as_a_query_that_redshift_runs(loaded):
    dataset = loaded.table("transactions")
    assert dataset.exists()
    query = dataset.load()
    assert query.where(query.table.c.batch_id == NOON_ID).count() == 500
    assert query.where(query.table.c.merchant_name.like("100%")).count() == 0
    assert len(query.head(3)) == 3
    assert "FROM transactions" in query.sql


def test_types_are_those_of_the_contract(loaded):
    frame = loaded.table("transactions").load().head(3)
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["amount"] == "decimal128(18, 2)[pyarrow]"
    assert kinds["event_ts"] == "timestamp[us][pyarrow]"
    assert kinds["original_transaction_id"] == "int64[pyarrow]"


def test_the_preview_shows_some_rows(loaded):
    preview = loaded.table("transactions").preview(nrows=3)
    assert len(preview["data"]) == 3
    assert preview["columns"][0] == "transaction_id"


def test_comments_tell_what_columns_mean(loaded):
    told = loaded.sql(
        "SELECT d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid "
        "WHERE c.relname = 'transactions' AND d.objsubid = 3"
    )
    assert told[0][0] == "When it happened, UTC, within the execution date"


def test_the_ledger_is_read_only(redshift):
    with pytest.raises(DatasetError, match="The table load_ledger is read-only: its contract has"):
        redshift.table("load_ledger").save({})


def test_an_unknown_table_is_refused():
    with pytest.raises(DatasetError, match="has no table 'x'. It has: transactions"):
        RedshiftTableDataset(**contract_of("x"), credentials=CREDENTIALS)


def test_what_it_was_given_is_left_as_it_was():
    credentials, options = dict(CREDENTIALS), ["STATUPDATE ON"]
    RedshiftTableDataset(**contract_of("cards"), credentials=credentials, copy_options=options)
    assert credentials == CREDENTIALS
    assert options == ["STATUPDATE ON"]


def test_nothing_is_opened_before_it_is_used():
    dataset = RedshiftTableDataset(**contract_of("cards"), credentials=CREDENTIALS)
    assert "127.0.0.1:5439/dev" in str(dataset)
