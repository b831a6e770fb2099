import pyarrow as pa
import pytest

from txn_kedro.synthesis.tables import TABLES, TRANSACTIONS


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_has_an_arrow_type_and_a_description(table):
    assert len(table.arrow_schema) == len(table.columns)
    assert all(column.description for column in table.columns)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_is_appended_by_batch_and_names_the_world(table):
    assert table.batch_column == "batch_id"
    assert "world_fingerprint" in table.column_names


def test_money_is_exact_and_ids_are_whole():
    schema = TRANSACTIONS.arrow_schema
    assert schema.field("amount").type == pa.decimal128(18, 2)
    assert schema.field("transaction_id").type == pa.int64()
    assert schema.field("event_ts").type == pa.timestamp("us")
