"""Redshift's CREATE TABLE and ALTER TABLE as PostgreSQL takes them.

Keys are dropped, since Redshift does not enforce them; how rows are distributed, sorted and encoded
is checked, and noted for the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.tokens import Reader, split, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redshift_sandbox.tokens import Token

_TYPES = {
    **dict.fromkeys(["SMALLINT", "INT2"], "smallint"),
    **dict.fromkeys(["INTEGER", "INT", "INT4"], "integer"),
    **dict.fromkeys(["BIGINT", "INT8"], "bigint"),
    **dict.fromkeys(["DECIMAL", "NUMERIC"], "numeric"),
    **dict.fromkeys(["REAL", "FLOAT4"], "real"),
    **dict.fromkeys(["DOUBLE", "FLOAT8", "FLOAT"], "double precision"),
    **dict.fromkeys(["BOOLEAN", "BOOL"], "boolean"),
    **dict.fromkeys(["CHAR", "CHARACTER", "NCHAR", "BPCHAR"], "char"),
    **dict.fromkeys(["VARCHAR", "NVARCHAR", "TEXT"], "varchar"),
    "DATE": "date",
    "TIME": "time",
    "TIMETZ": "timetz",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "SUPER": "jsonb",
}
_ENCODINGS = {
    *("AUTO", "AZ64", "BYTEDICT", "DELTA", "DELTA32K", "LZO", "MOSTLY8", "MOSTLY16", "MOSTLY32"),
    *("RAW", "RUNLENGTH", "TEXT255", "TEXT32K", "ZSTD"),
}
_LONGEST = {"varchar": 65535, "char": 4096}
_TABLE_CONSTRAINTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"}


@dataclass
class _Column:
    """A column, and what is said of it that concerns the table."""

    name: Token
    definition: list[str] = field(default_factory=list)
    not_null: bool = False
    primary_key: bool = False
    distribution_key: bool = False
    sort_key: bool = False
    encoding: str | None = None

    @property
    def sql(self) -> str:
        not_null = ["NOT NULL"] if self.not_null or self.primary_key else []
        return " ".join([self.name.source, *self.definition, *not_null])


@dataclass(frozen=True)
class Design:
    """How a table is distributed, sorted and encoded.

    Attributes:
        style: DISTSTYLE, or None for AUTO.
        distribution_key: The column of DISTKEY, or None.
        sort_key: Columns of SORTKEY.
        encodings: Encodings of columns that have one.
    """

    style: str | None = None
    distribution_key: str | None = None
    sort_key: tuple[str, ...] = ()
    encodings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Table:
    """A parsed CREATE TABLE."""

    columns: list[_Column] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    primary_keys: list[list[str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    distribution_keys: list[str] = field(default_factory=list)
    sort_keys: list[list[str]] = field(default_factory=list)
    style: str | None = None

    @property
    def design(self) -> Design:
        sort_key = tuple(self.sort_keys[0]) if self.sort_keys else ()
        distribution_key = self.distribution_keys[0] if self.distribution_keys else None
        encodings = {c.name.identifier: c.encoding for c in self.columns if c.encoding}
        style = "KEY" if distribution_key else self.style if self.style != "AUTO" else None
        return Design(style, distribution_key, sort_key, encodings)


def create_table(tokens: Sequence[Token]) -> tuple[str, str, Design]:
    """A CREATE TABLE for PostgreSQL, the name of the table, and how Redshift would store it.

    Args:
        tokens: Of Redshift's.

    Raises:
        RedshiftError: Redshift would not take it.
    """
    reader = Reader(tokens)
    head = ["CREATE"]
    reader.expect("CREATE")
    reader.skip("LOCAL")
    if reader.skip("TEMP") or reader.skip("TEMPORARY"):
        head.append("TEMPORARY")
    reader.expect("TABLE")
    head.append("TABLE")
    if reader.skip("IF", "NOT", "EXISTS"):
        head.append("IF NOT EXISTS")
    name = text(reader.qualified_name())
    head.append(name)
    items = split(reader.parentheses()) if _next(reader) == "(" else []
    table = _Table()
    _table_attributes(reader, table)
    if reader.skip("AS"):
        _check_design(table)
        return _create_table_as(head, items, reader), name, table.design
    reader.end()
    for item in items:
        _item(item, table)
    _check_keys(table)
    columns = [column.sql for column in table.columns]
    return f"{' '.join(head)} ({', '.join([*columns, *table.copied])})", name, table.design


def alter_table(tokens: Sequence[Token]) -> str:
    """An ALTER TABLE for PostgreSQL.

    Args:
        tokens: Of Redshift's.

    Raises:
        RedshiftError: Redshift would not take it, or the stand-in does not do it.
    """
    reader = Reader(tokens)
    reader.expect("ALTER", "TABLE")
    name = text(reader.qualified_name())
    if len(split(reader.rest)) > 1:
        raise RedshiftError("ALTER TABLE takes one action at a time", "42601")
    if reader.skip("ADD") and _next(reader) not in _TABLE_CONSTRAINTS:
        reader.skip("COLUMN")
        return f"ALTER TABLE {name} ADD COLUMN {_added_column(reader)}"
    if _next(reader) in {"DROP", "RENAME", "OWNER"}:
        return text(tokens)
    if reader.skip("ALTER", "COLUMN"):
        column = reader.identifier().source
        reader.expect("TYPE")
        if _next(reader) not in {"VARCHAR", "CHARACTER", "NVARCHAR", "TEXT"}:
            raise RedshiftError(f'cannot alter type of column "{column}": only VARCHAR has a size')
        return f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {_type(reader)}"
    raise RedshiftError("this stand-in for Redshift does not alter tables in this way")


def _next(reader: Reader) -> str:
    return reader.rest[0].word if reader.rest else ""


def _create_table_as(head: list[str], items: list[list[Token]], reader: Reader) -> str:
    columns = ", ".join(Reader(item).identifier().source for item in items)
    return f"{' '.join(head)} {f'({columns})' if columns else ''} AS {text(reader.rest)}"


def _added_column(reader: Reader) -> str:
    column = _column(Reader(reader.rest))
    if column.primary_key or column.distribution_key or column.sort_key:
        raise RedshiftError("a column that is added cannot be a key")
    if column.not_null and not any(part.startswith("DEFAULT") for part in column.definition):
        msg = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        raise RedshiftError(msg)
    return column.sql


def _item(item: Sequence[Token], table: _Table) -> None:
    reader = Reader(item)
    if _next(reader) in _TABLE_CONSTRAINTS:
        _table_constraint(reader, table)
    elif _next(reader) == "LIKE":
        table.copied.append(text(item))
    else:
        column = _column(reader)
        table.columns.append(column)
        name = column.name.identifier
        if column.primary_key:
            table.primary_keys.append([name])
        if column.distribution_key:
            table.distribution_keys.append(name)
        if column.sort_key:
            table.sort_keys.append([name])


def _table_constraint(reader: Reader, table: _Table) -> None:
    if reader.skip("CONSTRAINT"):
        reader.identifier()
    if reader.skip("PRIMARY", "KEY"):
        table.primary_keys.append(reader.identifiers())
    elif reader.skip("UNIQUE"):
        table.keys += reader.identifiers()
    elif reader.skip("FOREIGN", "KEY"):
        table.keys += reader.identifiers()
        _references(reader)
    else:
        raise RedshiftError(f"{_next(reader)} constraints are not supported")
    reader.end()


def _references(reader: Reader) -> None:
    reader.expect("REFERENCES")
    reader.qualified_name()
    if _next(reader) == "(":
        reader.identifiers()


def _column(reader: Reader) -> _Column:
    column = _Column(reader.identifier())
    column.definition.append(_type(reader))
    while reader.rest:
        _column_attribute(reader, column)
    return column


def _type(reader: Reader) -> str:
    token = reader.identifier()
    name = _TYPES.get(token.word)
    if name is None:
        raise RedshiftError(f"this stand-in for Redshift does not know the type {token.source}")
    if name == "char" and reader.skip("VARYING"):
        name = "varchar"
    if token.word == "DOUBLE":
        reader.expect("PRECISION")
    arguments = _arguments(reader, token, name) if _next(reader) == "(" else []
    if _next(reader) == "[":
        raise RedshiftError("arrays of columns are not supported")
    return _zone(reader, name) or _sized(token, name, arguments)


def _arguments(reader: Reader, token: Token, name: str) -> list[str]:
    items = split(reader.parentheses())
    given = [item[0].source for item in items if [t.kind for t in item] == ["number"]]
    most = {"numeric": 2, "varchar": 1, "char": 1}.get(name, token.word == "FLOAT")
    if len(given) < len(items) or len(given) > most or not all(map(str.isdecimal, given)):
        written = ", ".join(text(item) for item in items)
        msg = f"this stand-in for Redshift does not know the type {token.source}({written})"
        raise RedshiftError(msg, "42601")
    return given


def _zone(reader: Reader, name: str) -> str | None:
    if name not in {"time", "timestamp"}:
        return None
    if reader.skip("WITH", "TIME", "ZONE"):
        return f"{name}tz"
    reader.skip("WITHOUT", "TIME", "ZONE")
    return name


def _sized(token: Token, name: str, arguments: list[str]) -> str:
    if name == "numeric":
        precision, scale = map(int, (*arguments, "0")[:2]) if arguments else (18, 0)
        if precision > 38 or scale > 37 or scale > precision:
            raise RedshiftError("DECIMAL takes a precision up to 38, a scale up to 37", "22023")
        return f"numeric({precision},{scale})"
    if token.word == "FLOAT" and arguments:
        return "real" if int(arguments[0]) <= 24 else "double precision"
    if name not in _LONGEST:
        return name
    default = {"TEXT": 256, "VARCHAR": 256, "NVARCHAR": 256, "BPCHAR": 256}.get(token.word, 1)
    size = int(arguments[0]) if arguments else default
    if not 1 <= size <= _LONGEST[name]:
        msg = f"length for type {name} cannot exceed {_LONGEST[name]}, and is at least 1"
        raise RedshiftError(msg, "22023")
    return f"{name}({size})"


def _column_attribute(reader: Reader, column: _Column) -> None:
    if reader.skip("NOT", "NULL"):
        column.not_null = True
    elif reader.skip("PRIMARY", "KEY"):
        column.primary_key = True
    elif reader.skip("DISTKEY"):
        column.distribution_key = True
    elif reader.skip("SORTKEY"):
        column.sort_key = True
    elif reader.skip("ENCODE"):
        column.encoding = _encoding(reader)
    elif reader.skip("DEFAULT"):
        column.definition.append(f"DEFAULT {_default(reader)}")
    elif reader.skip("IDENTITY"):
        column.definition.append(_identity(reader, "ALWAYS"))
    elif reader.skip("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        column.definition.append(_identity(reader, "BY DEFAULT"))
    elif _next(reader) == "REFERENCES":
        _references(reader)
    elif not (reader.skip("NULL") or reader.skip("UNIQUE")):
        raise _refused(reader)


def _refused(reader: Reader) -> RedshiftError:
    if _next(reader) in {"CHECK", "EXCLUDE", "COLLATE", "GENERATED"}:
        return RedshiftError(f"{_next(reader)} is not supported for columns")
    return reader.unexpected()


def _encoding(reader: Reader) -> str:
    token = reader.next()
    if token.word not in _ENCODINGS:
        raise RedshiftError(f'encoding type "{token.source}" not found', "42601")
    return token.identifier


_AFTER_DEFAULT = {
    *("NOT", "NULL", "PRIMARY", "DISTKEY", "SORTKEY", "ENCODE", "IDENTITY", "GENERATED"),
    *("REFERENCES", "UNIQUE", "CHECK", "COLLATE"),
}


def _default(reader: Reader) -> str:
    expression = [reader.next()]
    depth = expression[0].word.count("(")
    while reader.rest and (depth or _next(reader) not in _AFTER_DEFAULT):
        expression.append(reader.next())
        depth += {"(": 1, ")": -1}.get(expression[-1].word, 0)
    return text(expression)


def _identity(reader: Reader, when: str) -> str:
    seed, step = (text(item) for item in split(reader.parentheses()))
    return f"GENERATED {when} AS IDENTITY (START WITH {seed} INCREMENT BY {step} MINVALUE {seed})"


def _table_attributes(reader: Reader, table: _Table) -> None:
    while reader.rest and _next(reader) != "AS":
        if reader.skip("DISTSTYLE"):
            table.style = _one_of(reader, {"AUTO", "EVEN", "KEY", "ALL"})
        elif reader.skip("DISTKEY"):
            table.distribution_keys += reader.identifiers()
        elif reader.skip("COMPOUND", "SORTKEY") or reader.skip("INTERLEAVED", "SORTKEY"):
            table.sort_keys.append(reader.identifiers())
        elif reader.skip("SORTKEY", "AUTO") or reader.skip("ENCODE", "AUTO"):
            pass
        elif reader.skip("SORTKEY"):
            table.sort_keys.append(reader.identifiers())
        elif reader.skip("BACKUP"):
            _one_of(reader, {"YES", "NO"})
        elif _next(reader) in {"INHERITS", "PARTITION", "WITH", "ON", "USING"}:
            raise RedshiftError(f"{_next(reader)} is not supported for tables")
        else:
            raise reader.unexpected()


def _one_of(reader: Reader, allowed: set[str]) -> str:
    if _next(reader) not in allowed:
        raise reader.unexpected()
    return reader.next().word


def _check_keys(table: _Table) -> None:
    if len(table.primary_keys) > 1:
        raise RedshiftError("multiple primary keys for the table are not allowed", "42P16")
    _check_design(table)
    _check_names(table)


def _check_design(table: _Table) -> None:
    if len(table.distribution_keys) > 1:
        raise RedshiftError("multiple DISTKEY columns are not allowed", "42P16")
    if len(table.sort_keys) > 1:
        raise RedshiftError("multiple SORTKEY specifications are not allowed", "42P16")
    if bool(table.distribution_keys) != (table.style == "KEY") and table.style in {
        *("KEY", "EVEN", "ALL")
    }:
        raise RedshiftError(f"DISTSTYLE {table.style} and DISTKEY contradict each other", "42P16")


def _check_names(table: _Table) -> None:
    columns = {column.name.identifier: column for column in table.columns}
    (primary_key,) = table.primary_keys or [[]]
    (sort_key,) = table.sort_keys or [[]]
    if not table.copied:
        for name in [*primary_key, *sort_key, *table.distribution_keys, *table.keys]:
            if name not in columns:
                raise RedshiftError(f'column "{name}" named in key does not exist', "42703")
    for name in primary_key:
        columns[name].primary_key = True
