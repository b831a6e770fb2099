"""Write the columns of the lake's table for the module `catalog`, from the contract.

python terraform/write_columns.py
"""

import json
import re
from pathlib import Path

from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.tables import Column, Table

TARGET = Path(__file__).parent / "modules/catalog/transactions.json"

GLUE_TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE PRECISION": "double",
    "INTEGER": "int",
    "TIMESTAMP": "timestamp",
}


def glue_type(column: Column) -> str:
    """Return a column's type in Glue. It has no length, because Glue counts characters, not bytes.

    Raises:
        ValueError: The type has no counterpart in Glue.
    """
    if column.max_bytes is not None:
        return "string"
    if found := GLUE_TYPES.get(column.type):
        return found
    if re.fullmatch(r"DECIMAL\(\d+, ?\d+\)", column.type):
        return column.type.lower().replace(" ", "")
    msg = f"Column {column.name}: the type {column.type} has no counterpart in Glue; add it."
    raise ValueError(msg)


def columns(table: Table) -> list[dict[str, str]]:
    """Return a table's columns as Glue names them."""
    return [
        {"name": column.name, "type": glue_type(column), "comment": column.description[:255]}
        for column in table.columns
    ]


def written(table: Table) -> str:
    """Return the text of the file."""
    return json.dumps(columns(table), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(TRANSACTIONS), encoding="utf-8")
