import pyarrow as pa
import pytest

from txn_kedro.tables import Column, Table

ID = Column("id", "BIGINT")
BATCH = Column("batch_id", "VARCHAR(16)")


@pytest.mark.parametrize(
    ("kind", "arrow"),
    [
        ("BIGINT", pa.int64()),
        ("INTEGER", pa.int32()),
        ("BOOLEAN", pa.bool_()),
        ("DATE", pa.date32()),
        ("DOUBLE PRECISION", pa.float64()),
        ("TIMESTAMP", pa.timestamp("us")),
        ("VARCHAR(80)", pa.string()),
        ("DECIMAL(18,2)", pa.decimal128(18, 2)),
    ],
)
def test_a_sql_type_has_an_arrow_type(kind, arrow):
    assert Column("a", kind).arrow_type == arrow


def test_a_text_that_repeats_is_a_dictionary():
    assert Column("a", "VARCHAR(8)", repeats=True).arrow_type == pa.dictionary(
        pa.int32(), pa.string()
    )


def test_varchar_tells_its_bytes_and_other_types_have_none():
    assert Column("city", "VARCHAR(80)").max_bytes == 80
    assert Column("amount", "DECIMAL(18,2)").max_bytes is None


@pytest.mark.parametrize("kind", ["POINT", "VARCHAR", "DECIMAL(18)", "VARCHAR(8,2)", "bigint"])
def test_an_unknown_type_is_named_with_those_that_are_known(kind):
    with pytest.raises(ValueError, match="Column shape: there is no type .*Known: BIGINT, "):
        Table("t", "T", (Column("shape", kind),))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"name": "Orders"}, "expected a name of lower-case letters"),
        ({"name": "1st"}, "expected a name of lower-case letters"),
        ({"columns": (Column("Order", "BIGINT"),)}, "expected a column's name of lower-case"),
        ({"columns": (ID, ID)}, "the column id is listed twice"),
        ({"batch_column": "batch"}, "the key 'batch' is not one of its columns"),
        ({"sort_key": "at"}, "the key 'at' is not one of its columns"),
        ({"distribution_key": "at"}, "the key 'at' is not one of its columns"),
        ({"batch_column": "id"}, "its batch_column id must be a VARCHAR"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        Table(**{"name": "t", "description": "T", "columns": (ID, BATCH), **arguments})


@pytest.mark.parametrize(
    "changed",
    [
        [Column("b", "BIGINT"), Column("a", "BIGINT")],
        [Column("a", "INTEGER"), Column("b", "BIGINT")],
        [Column("a", "BIGINT", nullable=True), Column("b", "BIGINT")],
        [Column("a", "BIGINT")],
    ],
    ids=["order", "type", "nullability", "fewer"],
)
def test_the_fingerprint_changes_with_the_contract(changed):
    columns = (Column("a", "BIGINT"), Column("b", "BIGINT"))
    assert Table("t", "T", columns).fingerprint != Table("t", "T", tuple(changed)).fingerprint


def test_the_fingerprint_ignores_words():
    one, other = Column("a", "BIGINT", "A"), Column("a", "BIGINT", "An a")
    assert Table("t", "T", (one,)).fingerprint == Table("u", "U", (other,)).fingerprint


def test_markdown_has_a_row_for_each_column():
    table = Table("t", "T", (Column("a", "BIGINT", "What it is", nullable=True),))
    assert table.markdown().splitlines()[2:] == ["| a | BIGINT, may be NULL | What it is |"]
