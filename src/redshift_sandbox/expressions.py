"""Redshift's functions, types and catalog names in PostgreSQL's words.

Functions that differ only in their name or arguments are in functions.sql; here are those that
PostgreSQL cannot parse, or would run differently.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.nodes import (
    Group,
    Node,
    apart,
    call,
    cast,
    group,
    items,
    like,
    listed,
    name,
    sql,
    word,
)
from redshift_sandbox.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Callable

_SCHEMA = "pg_txn_sandbox"
# Relations for which system_views.sql has a replacement, by their schema.
_CATALOG = {
    "pg_catalog": {
        *("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_trigger"),
        *("pg_event_trigger", "pg_namespace", "pg_proc"),
    },
    "information_schema": {"tables", "views", "columns", "schemata"},
}
_LONGEST = {
    **dict.fromkeys(["VARCHAR", "NVARCHAR", "VARYING"], "65535"),
    **dict.fromkeys(["CHAR", "CHARACTER", "NCHAR", "BPCHAR"], "4096"),
}
_BEFORE_TABLES = {"FROM", "JOIN", ","}
_WORDS = {"SYSDATE": "sysdate()", "MINUS": "EXCEPT"}
_CONDITIONS = {"1": "true", "0": "false"}
_TYPES = {"NVARCHAR": "varchar", "SUPER": "jsonb"}
_DATE_PARTS = {
    alias: names.split()[0]
    for names in (
        *("millennium millennia mil mils", "century centuries c cent cents"),
        *("decade decades dec decs", "year years y yr yrs", "quarter quarters qtr qtrs"),
        *("month months mon mons", "week weeks w", "day days d", "hour hours h hr hrs"),
        *("minute minutes m min mins", "second seconds s sec secs"),
        "millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
        "microsecond microseconds us usec usecs usecond useconds microsec microsecs microsecon",
        *("dow dayofweek dw weekday", "doy dayofyear dy yearday", "epoch"),
    )
    for alias in names.split()
}
_LATE_BINDING_COLUMNS = ("schema_name", "view_name", "column_name", "column_type", "position")

Arguments = list[list[Node]]


def rewrite_expressions(nodes: list[Node]) -> list[Node]:
    """Replace what is Redshift's in the nodes of one level.

    Raises:
        RedshiftError: It says what the stand-in does not know.
    """
    found: list[Node] = []
    at = 0
    while at < len(nodes):
        replaced, width = _replaced(nodes, at)
        found += replaced
        at += width
    return found


def _replaced(nodes: list[Node], at: int) -> tuple[list[Node], int]:
    """What replaces the nodes at a place, and how many of them."""
    node, arguments = nodes[at], group(nodes, at + 1)
    if not isinstance(node, Token):
        return [node], 1
    if node.is_identifier and arguments:
        if node.word in _LONGEST and [word([n], 0) for n in arguments.nodes] == ["MAX"]:
            return [_type(node), Group(sql(_LONGEST[node.word]), spaced=False)], 2
        if node.word in _FORMS:
            return _FORMS[node.word](nodes, at)
        if node.word in _FUNCTIONS and word(nodes, at - 1) != ".":
            return like(node, _FUNCTIONS[node.word](items(arguments.nodes))), 2
    return _word_replaced(nodes, at), 1


def _word_replaced(nodes: list[Node], at: int) -> list[Node]:
    node = nodes[at]
    assert isinstance(node, Token)  # noqa: S101
    before, after = word(nodes, at - 1), word(nodes, at + 1)
    if before not in {".", "AS"}:
        if _is_catalog_schema(nodes, at):
            return [replace(node, source=_SCHEMA)]
        if node.identifier in _CATALOG["pg_catalog"] and before in _BEFORE_TABLES and after != ".":
            return like(node, sql(f"{_SCHEMA}.{node.identifier}"))
        if node.word in _WORDS:
            return like(node, sql(_WORDS[node.word]))
    if node.word == "APPROXIMATE" and after in {"COUNT", "PERCENTILE_DISC"}:
        return []
    # Redshift takes a number for a condition.
    if node.word in _CONDITIONS and before == "WHERE" and _ends_condition(nodes, at + 1):
        return like(node, sql(_CONDITIONS[node.word]))
    is_cast = word(nodes, at - 1) == ":" and word(nodes, at - 2) == ":"
    return [_type(node) if is_cast else node]


def _is_catalog_schema(nodes: list[Node], at: int) -> bool:
    relations = _CATALOG.get(name(nodes, at), set())
    return word(nodes, at + 1) == "." and name(nodes, at + 2) in relations


def _ends_condition(nodes: list[Node], at: int) -> bool:
    ends = {"AND", "OR", "UNION", "ORDER", "GROUP", "LIMIT", "INTERSECT", "EXCEPT", "MINUS"}
    return at >= len(nodes) or word(nodes, at) in ends


def _cast(nodes: list[Node], at: int) -> tuple[list[Node], int]:
    """CAST, whose type may be one that PostgreSQL calls otherwise."""
    arguments = group(nodes, at + 1)
    inner = arguments.nodes if arguments else []
    for place in range(1, len(inner)):
        if word(inner, place - 1) == "AS":
            inner = [*inner[:place], _type(inner[place]), *inner[place + 1 :]]
    return [nodes[at], Group(inner, spaced=False)], 2


def _type(node: Node) -> Node:
    if isinstance(node, Token) and node.word in _TYPES:
        return replace(node, source=_TYPES[node.word])
    return node


def _late_binding_columns(nodes: list[Node], at: int) -> tuple[list[Node], int]:
    """``pg_get_late_binding_view_cols() AS c (a name, …)`` as a query of a view."""
    start = at + 2 + (word(nodes, at + 2) == "AS")
    columns = group(nodes, start + 1)
    defined = items(columns.nodes) if columns else []
    if len(defined) != len(_LATE_BINDING_COLUMNS):
        msg = "pg_get_late_binding_view_cols() needs the names and types of its five columns"
        raise RedshiftError(msg, "42601")
    picked = [
        [*cast(sql(source), column[1:]), *sql("AS"), *apart(column[:1])]
        for source, column in zip(_LATE_BINDING_COLUMNS, defined, strict=True)
    ]
    query = [*sql("SELECT"), *listed(picked), *sql(f"FROM {_SCHEMA}.late_binding_columns")]
    return [Group(query), *sql("AS"), nodes[start]], start + 2 - at


def _listagg(nodes: list[Node], at: int) -> tuple[list[Node], int]:
    """``LISTAGG(x, ',') WITHIN GROUP (ORDER BY y)`` as ``string_agg(x::text, ',' ORDER BY y)``."""
    given = group(nodes, at + 1)
    within = group(nodes, at + 4) if word(nodes, at + 2) == "WITHIN" else None
    value, *separator = items(given.nodes) if given else [[]]
    distinct = value[:1] if word(value, 0) == "DISTINCT" else []
    value = value[len(distinct) :]
    aggregated = cast(value, sql("text"))
    order = within.nodes if within else []
    if distinct and order[2 : 2 + len(value)] == value:
        # PostgreSQL orders distinct values only by what it aggregates.
        order = [*order[:2], *aggregated, *order[2 + len(value) :]]
    parts = listed([[*distinct, *aggregated], separator[0] if separator else sql("''")])
    end = at + (5 if within else 2)
    window = group(nodes, end + 1) if word(nodes, end) == "OVER" else None
    if window and order:
        # PostgreSQL takes the order of a window function in the window only.
        frame = sql("ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
        over = Group([*window.nodes, *apart(order), *frame])
        replacement = [*call("string_agg", [parts]), *sql("OVER"), over]
        return like(nodes[at], replacement), end + 2 - at
    replacement = [*sql("string_agg"), Group([*parts, *apart(order)], spaced=False)]
    return like(nodes[at], replacement), end - at


def _coalesce(arguments: Arguments) -> list[Node]:
    return call("coalesce", arguments)


def _nvl2(arguments: Arguments) -> list[Node]:
    if len(arguments) != 3:
        raise RedshiftError("nvl2 takes three arguments", "42883")
    value, present, missing = (Group(argument) for argument in arguments)
    case = [*sql("CASE WHEN"), value, *sql("IS NOT NULL THEN"), present]
    return [Group([*case, *sql("ELSE"), missing, *sql("END")])]


def _decode(arguments: Arguments) -> list[Node]:
    value, *rest = (Group(argument) for argument in arguments)
    if len(rest) < 2:
        raise RedshiftError("decode takes at least three arguments", "42883")
    case = sql("CASE")
    for searched, result in zip(rest[::2], rest[1::2], strict=False):
        condition = [value, *sql("IS NOT DISTINCT FROM"), searched]
        case += [*sql("WHEN"), *condition, *sql("THEN"), result]
    if len(rest) % 2:
        case += [*sql("ELSE"), rest[-1]]
    return [Group([*case, *sql("END")])]


def _concat(arguments: Arguments) -> list[Node]:
    # Redshift's is NULL if one of its two arguments is.
    if len(arguments) != 2:
        raise RedshiftError("concat takes two arguments", "42883")
    first, second = (cast([Group(argument)], sql("text")) for argument in arguments)
    return [Group([*first, *sql("||"), *second])]


def _convert(arguments: Arguments) -> list[Node]:
    if len(arguments) != 2:
        raise RedshiftError("convert takes a type and a value", "42883")
    kind, value = arguments
    return cast(value, [_type(kind[0]), *kind[1:]])


def _median(arguments: Arguments) -> list[Node]:
    order = [*sql("ORDER BY"), *apart(listed(arguments))]
    return [*sql("percentile_cont(0.5) WITHIN GROUP"), Group(order)]


def _regexp_replace(arguments: Arguments) -> list[Node]:
    # Redshift replaces all matches, PostgreSQL the first.
    more = {2: ["''", "'g'"], 3: ["'g'"], 4: ["0"]}.get(len(arguments))
    if more is None:
        msg = "this stand-in for Redshift does not know REGEXP_REPLACE with parameters"
        raise RedshiftError(msg)
    return call("regexp_replace", [*arguments, *map(sql, more)])


def _with_date_part(function: str) -> Callable[[Arguments], list[Node]]:
    def replaced(arguments: Arguments) -> list[Node]:
        node = arguments[0][0] if len(arguments[0]) == 1 else None
        if not isinstance(node, Token) or not (node.is_identifier or node.kind == "string"):
            raise RedshiftError(f"{function} begins with a date part, such as day", "42601")
        given = node.value if node.kind == "string" else node.identifier
        part = _DATE_PARTS.get(given.lower())
        if part is None:
            raise RedshiftError(f"this stand-in for Redshift does not know the date part {given}")
        return call(function, [sql(f"'{part}'"), *arguments[1:]])

    return replaced


_FUNCTIONS: dict[str, Callable[[Arguments], list[Node]]] = {
    "NVL": _coalesce,
    "NVL2": _nvl2,
    "DECODE": _decode,
    "CONCAT": _concat,
    "CONVERT": _convert,
    "MEDIAN": _median,
    "REGEXP_REPLACE": _regexp_replace,
    **dict.fromkeys(["DATEADD", "DATE_ADD"], _with_date_part("dateadd")),
    **dict.fromkeys(["DATEDIFF", "DATE_DIFF"], _with_date_part("datediff")),
    **dict.fromkeys(["DATE_PART", "PGDATE_PART"], _with_date_part("date_part")),
}
# Forms of which more than the arguments is replaced.
_FORMS: dict[str, Callable[[list[Node], int], tuple[list[Node], int]]] = {
    "CAST": _cast,
    "LISTAGG": _listagg,
    "PG_GET_LATE_BINDING_VIEW_COLS": _late_binding_columns,
}
