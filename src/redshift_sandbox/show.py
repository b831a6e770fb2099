"""Redshift's SHOW commands as queries of its system views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_sandbox.backend import literal
from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.tokens import Reader, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_sandbox.tokens import Token

_SCHEMAS = """
    SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, source_database,
        schema_option
    FROM pg_catalog.svv_all_schemas"""
_TABLES = """
    SELECT database_name, schema_name, table_name, table_type, table_acl, remarks,
        table_owner AS owner, NULL::timestamp AS last_altered_time,
        NULL::timestamp AS last_modified_time, NULL::varchar AS dist_style,
        CASE table_type WHEN 'VIEW' THEN 'REGULAR VIEW' ELSE 'REGULAR TABLE' END::varchar
            AS table_subtype
    FROM pg_catalog.svv_all_tables"""
_COLUMNS = """
    SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default,
        is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks,
        'none'::varchar AS sort_key_type, 0 AS sort_key_order, 0 AS dist_key,
        'none'::varchar AS encoding, NULL::varchar AS collation
    FROM pg_catalog.svv_all_columns"""
_DATABASES = """
    SELECT database_name, database_owner, database_type, database_acl,
        database_options AS parameters, database_isolation_level
    FROM pg_catalog.svv_redshift_databases"""
_VERSION = "SELECT '8.0.2'::text AS server_version"


def show(tokens: Sequence[Token]) -> str:
    """A query that shows what SHOW does.

    Args:
        tokens: Of the statement.

    Raises:
        RedshiftError: The stand-in does not know what it asks for.
    """
    reader = Reader(tokens[1:])
    if reader.skip("DATABASES"):
        return _query(reader, _DATABASES, [], ("database_name",))
    if reader.skip("SCHEMAS", "FROM", "DATABASE"):
        names = _names(reader, 1)
        return _query(reader, _SCHEMAS, names, ("database_name", "schema_name"))
    if reader.skip("TABLES", "FROM", "SCHEMA"):
        names = _names(reader, 2)
        return _query(reader, _TABLES, names, ("database_name", "schema_name", "table_name"))
    if reader.skip("COLUMNS", "FROM", "TABLE"):
        names = _names(reader, 3)
        columns = ("database_name", "schema_name", "table_name", "column_name")
        order = ("database_name", "schema_name", "table_name", "ordinal_position")
        return _query(reader, _COLUMNS, names, columns, order)
    if len(reader.rest) == 1 and reader.rest[0].identifier == "server_version":
        return _VERSION
    if len(reader.rest) == 1 or reader.rest[0].word in {"TIME", "SESSION", "TRANSACTION"}:
        return text(tokens)
    raise RedshiftError(f"this stand-in for Redshift does not know {text(tokens)}", "42601")


def _names(reader: Reader, parts: int) -> list[str | None]:
    """The names that qualify what is shown, None for those that are left out."""
    found = [token.identifier for token in reader.qualified_name() if token.is_identifier]
    if len(found) > parts:
        raise reader.unexpected()
    return [None] * (parts - len(found)) + found


def _query(
    reader: Reader,
    query: str,
    names: Sequence[str | None],
    columns: Sequence[str],
    order: Sequence[str] = (),
) -> str:
    conditions = ["true"]
    for column, name in zip(columns, names, strict=False):
        # The schema that is left out is the current one.
        if name is not None or column == "schema_name":
            value = "current_schema()" if name is None else literal(name)
            conditions.append(f"{column} = {value}")
    if reader.skip("LIKE"):
        conditions.append(f"{columns[-1]} LIKE {literal(reader.string())}")
    limit = f" LIMIT {reader.next().source}" if reader.skip("LIMIT") else ""
    reader.end()
    ordered = ", ".join(order or columns)
    return f"{query} WHERE {' AND '.join(conditions)} ORDER BY {ordered}{limit}"
