import pyarrow as pa
import pytest

from txn_kedro.synthesis.tables import TABLES, TRANSACTIONS
from txn_kedro.tables import Column, Table


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_has_an_arrow_type_and_a_description(table):
    assert len(table.arrow_schema) == len(table.columns)
    assert all(column.description for column in table.columns)


def test_money_is_exact_and_ids_are_whole():
    schema = TRANSACTIONS.arrow_schema
    assert schema.field("amount").type == pa.decimal128(18, 2)
    assert schema.field("transaction_id").type == pa.int64()
    assert schema.field("event_ts").type == pa.timestamp("us")


def test_varchar_tells_its_bytes_and_other_types_have_none():
    assert Column("city", "VARCHAR(80)", "Where").max_bytes == 80
    assert Column("amount", "DECIMAL(18,2)", "How much").max_bytes is None


def test_an_unknown_type_is_named():
    with pytest.raises(
        ValueError, match="Column shape: no Arrow type is known for SQL type 'POINT'"
    ):
        _ = Column("shape", "POINT", "Where").arrow_type


@pytest.mark.parametrize(
    "changed",
    [
        [Column("b", "BIGINT", "B"), Column("a", "BIGINT", "A")],
        [Column("a", "INTEGER", "A"), Column("b", "BIGINT", "B")],
        [Column("a", "BIGINT", "A", nullable=True), Column("b", "BIGINT", "B")],
        [Column("a", "BIGINT", "A")],
    ],
    ids=["order", "type", "nullability", "fewer"],
)
def test_the_fingerprint_changes_with_the_contract(changed):
    columns = (Column("a", "BIGINT", "A"), Column("b", "BIGINT", "B"))
    assert (
        Table("t", "T", columns, "a").fingerprint
        != Table("t", "T", tuple(changed), "a").fingerprint
    )


def test_the_fingerprint_ignores_words():
    one, other = Column("a", "BIGINT", "A"), Column("a", "BIGINT", "An a")
    assert Table("t", "T", (one,), "a").fingerprint == Table("u", "U", (other,), "a").fingerprint


def test_markdown_has_a_row_for_each_column():
    table = Table("t", "T", (Column("a", "BIGINT", "What it is", nullable=True),), "a")
    assert table.markdown().splitlines()[2:] == ["| a | BIGINT, may be NULL | What it is |"]
