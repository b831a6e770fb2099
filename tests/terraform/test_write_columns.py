"""The columns of the lake's table in the Glue catalog."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import pytest

from tests.terraform.terraform import STACK
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.tables import Column


@pytest.fixture(scope="module")
def write_columns() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_columns", STACK / "write_columns.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogs_columns_are_those_of_the_contract(write_columns):
    text = write_columns.TARGET.read_text(encoding="utf-8")
    assert text == write_columns.written(TRANSACTIONS), "run make terraform-docs"
    assert [column["name"] for column in json.loads(text)] == TRANSACTIONS.column_names


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("BIGINT", "bigint"),
        ("INTEGER", "int"),
        ("VARCHAR(16)", "string"),
        ("DECIMAL(18, 2)", "decimal(18,2)"),
        ("TIMESTAMP", "timestamp"),
        ("DATE", "date"),
        ("BOOLEAN", "boolean"),
        ("DOUBLE PRECISION", "double"),
    ],
)
def test_every_type_of_a_contract_has_a_type_of_glue(write_columns, type_, expected):
    assert write_columns.glue_type(Column("c", type_)) == expected


def test_a_type_that_glue_lacks_is_refused_by_name(write_columns):
    with pytest.raises(ValueError, match="Column c: the type SUPER has no counterpart in Glue"):
        write_columns.glue_type(Column("c", "SUPER"))
