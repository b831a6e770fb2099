import pytest
from kedro.io import DatasetError

from txn_kedro.datasets.contracts import contract_of
from txn_kedro.synthesis.tables import CARDS, TRANSACTIONS
from txn_kedro.tables import Column, Table

INLINE = {
    "columns": [
        {"name": "order_id", "type": "BIGINT", "description": "The order"},
        {"name": "note", "type": "VARCHAR(20)", "nullable": True},
        {"name": "batch_id", "type": "VARCHAR(16)", "repeats": True},
    ],
    "batch_column": "batch_id",
}


def test_a_table_is_named_by_its_import_path():
    assert contract_of("txn_kedro.synthesis.tables.CARDS", None) is CARDS
    assert contract_of("txn_kedro.synthesis.tables.CARDS", "cards") is CARDS


def test_a_table_is_found_by_its_name_in_a_module():
    assert contract_of("txn_kedro.synthesis.tables", "transactions") is TRANSACTIONS


def test_a_contract_may_be_written_into_the_entry():
    assert contract_of(INLINE, "orders") == Table(
        "orders",
        "",
        (
            Column("order_id", "BIGINT", "The order"),
            Column("note", "VARCHAR(20)", nullable=True),
            Column("batch_id", "VARCHAR(16)", repeats=True),
        ),
        batch_column="batch_id",
    )


@pytest.mark.parametrize(
    ("contract", "table_name", "problem"),
    [
        (
            "txn_kedro.synthesis.tables",
            "sales",
            "no table 'sales'. It has: transactions, customers",
        ),
        ("txn_kedro.synthesis.tables", None, "no table None. It has: "),
        ("txn_kedro.synthesis.tables.CARDS", "sales", "is the table 'cards', but table_name is"),
        ("no_such_module", "sales", "can be imported neither as a module nor as a Table"),
        ("txn_kedro.synthesis.tables.SALES", "sales", "can be imported neither as a module nor"),
        ("txn_kedro.tables.Table", "sales", "can be imported neither as a module nor as a Table"),
        (3, "sales", "expected an import path or a dictionary with columns, got 3"),
        ({}, "orders", "expected columns as a list of dictionaries"),
        ({"columns": ["a"]}, "orders", "expected columns as a list of dictionaries"),
        (INLINE, None, "contract has no name"),
        ({**INLINE, "name": "sales"}, "orders", "its name is 'sales', but table_name is 'orders'"),
        ({**INLINE, "batch": "id"}, "orders", "contract takes no 'batch'. Known: name, "),
        ({"columns": [{"name": "a"}]}, "orders", "column 1 has no type"),
        ({"columns": [{"name": "a", "typ": "DATE"}]}, "orders", "column 1 takes no 'typ'. Known"),
        ({"columns": [{"name": "a", "type": "POINT"}]}, "orders", "there is no type 'POINT'"),
        ({**INLINE, "batch_column": "id"}, "orders", "the key 'id' is not one of its columns"),
    ],
)
def test_what_is_no_contract_is_refused_with_what_was_expected(contract, table_name, problem):
    with pytest.raises(DatasetError, match=problem):
        contract_of(contract, table_name)


def test_a_module_that_fails_to_import_another_says_which(tmp_path, monkeypatch):
    (tmp_path / "broken_tables.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        contract_of("broken_tables", "orders")
