"""Translates Redshift's SQL for PostgreSQL, and refuses what Redshift refuses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redshift_sandbox.backend import literal
from redshift_sandbox.catalog import set_isolation
from redshift_sandbox.copy_command import CopyCommand, parse_copy
from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.queries import rewrite, with_aliases_replaced
from redshift_sandbox.show import show
from redshift_sandbox.table_definitions import Design, alter_table, create_table
from redshift_sandbox.tokens import Reader, statements, text, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redshift_sandbox.tokens import Token

# PostgreSQL has no such setting, and keeps what it is set to without a meaning.
_NOTHING = "SET txn_sandbox.ignored TO 'yes'"

# What each kind of statement begins with, and what is refused of those that are known.
_KNOWN = re.compile(
    r"(SELECT|WITH|INSERT INTO|MERGE INTO"
    r"|UPDATE|DELETE|TRUNCATE|COPY|LOCK|VACUUM|ANALYZE|ANALYSE|EXPLAIN"
    r"|BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SET|RESET|SHOW|GRANT|REVOKE|COMMENT ON"
    r"|CREATE ((LOCAL )?(TEMP|TEMPORARY) )?TABLE|CREATE (DATABASE|SCHEMA|(OR REPLACE )?VIEW)"
    r"|ALTER (TABLE|DATABASE|SCHEMA)|DROP (TABLE|DATABASE|SCHEMA|VIEW)"
    r"|DECLARE|FETCH|CLOSE|PREPARE|EXECUTE|DEALLOCATE|\()( |$)"
)
_UNSUPPORTED_STATEMENTS = re.compile(
    r"SAVEPOINT|RELEASE|ROLLBACK TO|ROLLBACK (WORK|TRANSACTION) TO|LISTEN|NOTIFY|UNLISTEN|DO"
    r"|CREATE (UNIQUE )?INDEX|CREATE (OR REPLACE )?(CONSTRAINT )?TRIGGER|CREATE (TEMP )?SEQUENCE"
    r"|CREATE (DOMAIN|TYPE|EXTENSION|TABLESPACE|EVENT)|CREATE (OR REPLACE )?RULE|CREATE UNLOGGED"
)
_UNSUPPORTED_CLAUSES = {
    "RETURNING": re.compile(r"\bRETURNING\b"),
    "ON CONFLICT": re.compile(r"\bON CONFLICT\b"),
    "FOR UPDATE/SHARE": re.compile(r"\bFOR (NO KEY )?(KEY )?(UPDATE|SHARE)\b"),
    "FILTER": re.compile(r"\bFILTER \( WHERE\b"),
    "LATERAL": re.compile(r"\bLATERAL\b"),
    "DISTINCT ON": re.compile(r"\bDISTINCT ON\b"),
    "A WITH that writes": re.compile(r"\( (INSERT INTO|DELETE FROM|UPDATE \S+ SET)\b"),
    "TABLESPACE": re.compile(r"\bTABLESPACE\b"),
    # Could change what the stand-in must keep.
    "SET_CONFIG": re.compile(r"\bSET_CONFIG\b"),
}
_BEGIN = re.compile(
    r"(BEGIN|START)( WORK| TRANSACTION)?"
    r"( ISOLATION LEVEL (SERIALIZABLE|REPEATABLE READ|READ COMMITTED|READ UNCOMMITTED))?"
    r"( ,)?( (?P<access>READ WRITE|READ ONLY))?"
)
# The stand-in reads SQL with these as they are.
_FIXED_SETTINGS = re.compile(
    r"standard_conforming_strings|client_encoding|names|role|authorization"
)
# Settings of Redshift that change nothing here.
_IGNORED_SETTINGS = {"query_group", "enable_result_cache_for_session"}
_MERGE = re.compile(
    r"MERGE INTO .+ USING .+ ON .+?(?P<matched> WHEN MATCHED THEN (UPDATE SET .+?|DELETE))?"
    r"(?P<new> WHEN NOT MATCHED THEN INSERT .+)?"
)
_USUAL_VALUES = {"default", "utf8", "utf-8", "unicode"}


# Statements without expressions, which are passed on as they are.
_NO_EXPRESSIONS = {
    *("COPY", "LOCK", "VACUUM", "ANALYZE", "ANALYSE", "BEGIN", "START", "COMMIT", "END"),
    *("ROLLBACK", "ABORT", "SET", "RESET", "SHOW", "GRANT", "REVOKE", "TRUNCATE", "FETCH", "CLOSE"),
    *("DEALLOCATE", "DROP", "COMMENT"),
}


@dataclass(frozen=True)
class Instruction:
    """The translation of one statement.

    Attributes:
        sql: Its SQL.
        before: SQL to run before it.
        after: SQL to run after it, in its transaction if it is one of the extended protocol.
        then: SQL to run before the client learns that the statement succeeded.
        otherwise: SQL to run instead if PostgreSQL finds no column of some name in ``sql``.
        tag: Command tag of the answer, if it differs from PostgreSQL's.
        copy: The load that is done in its place.
        outside_transactions: Its name, if Redshift refuses it in a transaction block.
        control: ``BEGIN`` or ``END``, if it begins or ends a transaction.
    """

    sql: str
    before: str | None = None
    after: str | None = None
    then: str | None = None
    otherwise: str | None = None
    tag: str | None = None
    copy: CopyCommand | None = None
    outside_transactions: str | None = None
    control: str | None = None


def read(sql: str) -> list[Instruction]:
    """The statements of a text.

    Raises:
        RedshiftError: Redshift would not take one of them.
    """
    return [_statement(tokens) for tokens in statements(sql)]


def _statement(tokens: Sequence[Token]) -> Instruction:
    all_words = words(tokens)
    unsupported = _UNSUPPORTED_STATEMENTS.match(all_words)
    if unsupported and re.match(r" |$", all_words[unsupported.end() :]):
        raise RedshiftError(f"{unsupported[0]} is not supported")
    for name, clause in _UNSUPPORTED_CLAUSES.items():
        if clause.search(all_words):
            raise RedshiftError(f"{name} is not supported")
    if not _KNOWN.match(all_words):
        raise _unknown(all_words)
    first = tokens[0].word
    rule = _RULES.get(f"{first} {tokens[1].word}" if len(tokens) > 1 else first, _RULES.get(first))
    if first in _NO_EXPRESSIONS:
        return rule(tokens) if rule else Instruction(text(tokens))
    instruction = (rule or _passed_on)(rewrite(tokens))
    aliased = with_aliases_replaced(tokens) if " AS " in all_words else None
    return replace(instruction, otherwise=(rule or _passed_on)(aliased).sql if aliased else None)


def _passed_on(tokens: Sequence[Token]) -> Instruction:
    return Instruction(text(tokens))


def _unknown(all_words: str) -> RedshiftError:
    beginning = " ".join(all_words.split(" ")[:3])
    return RedshiftError(
        f"{beginning}: this stand-in for Redshift does not know such a statement", "42601"
    )


def _begin(tokens: Sequence[Token]) -> Instruction:
    # Isolation is the database's; Redshift reads a level here and passes over it.
    found = _BEGIN.fullmatch(words(tokens))
    if not found:
        raise Reader(tokens[1:]).unexpected()
    return Instruction(f"BEGIN {found['access'] or ''}", control="BEGIN")


def _end(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[1:])
    _ = reader.skip("WORK") or reader.skip("TRANSACTION")
    reader.end()
    return Instruction(tokens[0].word, control="END")


def _set(tokens: Sequence[Token]) -> Instruction:
    names = [token.identifier for token in tokens[1:4] if token.is_identifier]
    if any("isolation" in token.source.lower() for token in tokens):
        return Instruction(_NOTHING)
    if _IGNORED_SETTINGS.intersection(names):
        return Instruction(_NOTHING)
    value = tokens[-1].source.strip("'").lower()
    if any(_FIXED_SETTINGS.fullmatch(name) for name in names) and value not in _USUAL_VALUES:
        return _refuse(f"SET {' '.join(names)}")
    return Instruction(text(tokens))


def _merge(tokens: Sequence[Token]) -> Instruction:
    # PostgreSQL's MERGE has more clauses than Redshift's.
    found = _MERGE.fullmatch(words(tokens))
    clauses = sum(map(bool, found.group("matched", "new"))) if found else 0
    if not clauses or len(re.findall(r" WHEN (?:NOT )?MATCHED\b", words(tokens))) > clauses:
        raise RedshiftError("this stand-in for Redshift does not know MERGE in this form", "42601")
    return Instruction(text(tokens))


def _copy(tokens: Sequence[Token]) -> Instruction:
    return Instruction(_NOTHING, copy=parse_copy(tokens))


def _truncate(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[1:])
    reader.skip("TABLE")
    name = text(reader.qualified_name())
    reader.end()
    return Instruction(f"TRUNCATE {name}", then="COMMIT")


def _lock(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[1:])
    reader.skip("TABLE")
    names = [text(reader.qualified_name())]
    while reader.skip(","):
        names.append(text(reader.qualified_name()))
    reader.end()
    return Instruction(f"LOCK TABLE {', '.join(names)}")


def _vacuum(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[1:])
    for option in ("FULL", "SORT ONLY", "DELETE ONLY", "REINDEX", "RECLUSTER"):
        if reader.skip(*option.split()):
            break
    name = text(reader.qualified_name()) if reader.rest else ""
    if reader.skip("TO"):
        reader.next()
        reader.expect("PERCENT")
    reader.skip("BOOST")
    reader.end()
    return Instruction(f"VACUUM {name}", outside_transactions="VACUUM")


def _analyze(tokens: Sequence[Token]) -> Instruction:
    kept = [t for t in tokens if t.word not in {"PREDICATE", "ALL", "COLUMNS"}]
    if len(kept) > 1 and kept[1].word in {"COMPRESSION", "("}:
        return _refuse("ANALYZE COMPRESSION")
    return Instruction(text(kept), outside_transactions="ANALYZE")


def _explain(tokens: Sequence[Token]) -> Instruction:
    if tokens[1:] and tokens[1].word in {"ANALYZE", "ANALYSE", "("}:
        raise RedshiftError(f'syntax error at or near "{tokens[1].source}"', "42601")
    return Instruction(text(tokens))


def _create_schema(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[2:])
    reader.skip("IF", "NOT", "EXISTS")
    reader.identifier()
    if reader.skip("AUTHORIZATION"):
        reader.identifier()
    # PostgreSQL would take definitions of tables here.
    reader.end()
    return Instruction(text(tokens))


def _create_database(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[2:])
    name = reader.identifier().source
    level = "SNAPSHOT"
    if reader.skip("ISOLATION", "LEVEL"):
        level = _isolation_level(reader)
    reader.end()
    return Instruction(f"CREATE DATABASE {name}", then=set_isolation(name, level))


def _alter_database(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[2:])
    name = reader.identifier().source
    if reader.skip("ISOLATION", "LEVEL"):
        return Instruction(set_isolation(name, _isolation_level(reader)))
    if reader.rest and reader.rest[0].word in {"RENAME", "OWNER"}:
        return Instruction(text(tokens))
    return _refuse("ALTER DATABASE")


def _isolation_level(reader: Reader) -> str:
    for level in ("SNAPSHOT", "SERIALIZABLE"):
        if reader.skip(level):
            return level
    raise reader.unexpected()


def _alter_table(tokens: Sequence[Token]) -> Instruction:
    resizes = re.search(r"\bALTER COLUMN \S+ TYPE\b", words(tokens))
    name = "ALTER TABLE ALTER COLUMN" if resizes else None
    table = text(Reader(tokens[2:]).qualified_name())
    before = _late_binding("before_change", [table])
    return Instruction(alter_table(tokens), before=before, outside_transactions=name)


def _create_table(tokens: Sequence[Token]) -> Instruction:
    sql, name, design = create_table(tokens)
    return Instruction(sql, after=None if design == Design() else _note(name, design))


def _note(name: str, design: Design) -> str:
    """SQL that notes how a table is stored, for the catalog."""
    style, key = (
        literal(text) if text else "NULL" for text in (design.style, design.distribution_key)
    )
    sort_key = ", ".join(map(literal, design.sort_key))
    encodings = literal(json.dumps(design.encodings))
    given = f"{literal(name)}, {style}, {key}, ARRAY[{sort_key}]::text[], {encodings}"
    return f"SELECT pg_txn_sandbox.note_design({given})"


def _create_view(tokens: Sequence[Token]) -> Instruction:
    unbound = [token.word for token in tokens[-4:]] == ["WITH", "NO", "SCHEMA", "BINDING"]
    if not unbound:
        return Instruction(text(tokens))
    reader = Reader(tokens[1:-4])
    replaces = reader.skip("OR", "REPLACE")
    reader.expect("VIEW")
    name = text(reader.qualified_name())
    columns = f"({text(reader.parentheses())})" if reader.rest[0].word == "(" else ""
    reader.expect("AS")
    given = ", ".join([literal(name), str(replaces), literal(columns), literal(text(reader.rest))])
    call = f"SELECT pg_txn_sandbox.create_late_bound({given})"
    return Instruction(_NOTHING, before=call, tag="CREATE VIEW")


def _drop(tokens: Sequence[Token]) -> Instruction:
    reader = Reader(tokens[1:])
    kind = reader.next().word
    reader.skip("IF", "EXISTS")
    names = [text(reader.qualified_name())]
    while reader.skip(","):
        names.append(text(reader.qualified_name()))
    function = {"VIEW": "before_drop_view", "SCHEMA": "before_drop_schema"}.get(
        kind, "before_change"
    )
    return Instruction(text(tokens), before=_late_binding(function, names))


def _late_binding(function: str, names: Sequence[str]) -> str:
    listed = ", ".join(map(literal, names))
    return f"SELECT pg_txn_sandbox.{function}(ARRAY[{listed}])"


def _show(tokens: Sequence[Token]) -> Instruction:
    return Instruction(show(tokens))


def _refuse(what: str) -> Instruction:
    raise RedshiftError(f"{what} is not supported in this form")


_RULES: dict[str, Callable[[Sequence[Token]], Instruction]] = {
    "BEGIN": _begin,
    "START": _begin,
    "COMMIT": _end,
    "END": _end,
    "ROLLBACK": _end,
    "ABORT": _end,
    "SET": _set,
    "RESET": _set,
    "MERGE": _merge,
    "COPY": _copy,
    "TRUNCATE": _truncate,
    "LOCK": _lock,
    "VACUUM": _vacuum,
    "ANALYZE": _analyze,
    "ANALYSE": _analyze,
    "EXPLAIN": _explain,
    "CREATE DATABASE": _create_database,
    "CREATE SCHEMA": _create_schema,
    "ALTER DATABASE": _alter_database,
    "ALTER TABLE": _alter_table,
    "SHOW": _show,
    "CREATE VIEW": _create_view,
    "CREATE OR": _create_view,
    "DROP TABLE": _drop,
    "DROP VIEW": _drop,
    "DROP SCHEMA": _drop,
    "CREATE TABLE": _create_table,
    "CREATE TEMP": _create_table,
    "CREATE TEMPORARY": _create_table,
    "CREATE LOCAL": _create_table,
}
