"""Redshift's queries in PostgreSQL's words: TOP, QUALIFY, aliases beside their definition."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.expressions import rewrite_expressions
from redshift_sandbox.nodes import (
    Group,
    Node,
    apart,
    flat,
    group,
    items,
    listed,
    name,
    nested,
    sql,
    word,
)
from redshift_sandbox.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SET_OPERATORS = {"UNION", "INTERSECT", "EXCEPT", "MINUS"}
_CLAUSES = {
    *("FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "OFFSET"),
    "FETCH",
}
_JOINS = {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "NATURAL"}
_QUALIFIED = "txn_qualified"
_QUALIFIES = "txn_qualifies"

Clauses = dict[str, list[Node]]


def rewrite(tokens: Sequence[Token]) -> list[Token]:
    """The tokens of a statement as PostgreSQL reads them.

    Raises:
        RedshiftError: It says what the stand-in does not know.
    """
    return list(flat(_rewritten(nested(tokens))))


def with_aliases_replaced(tokens: Sequence[Token]) -> list[Token] | None:
    """A statement in which what an alias stands for replaces it, beside its definition.

    Redshift allows ``SELECT a + 1 AS b, b * 2 FROM t WHERE b > 3``, if no column is called b.

    Returns:
        The rewritten tokens, or None if no alias is used so.
    """
    nodes = nested(tokens)
    replaced = _aliases_replaced(nodes)
    sources = [token.source for token in flat(replaced)]
    if sources == [token.source for token in tokens]:
        return None
    return list(flat(_rewritten(replaced)))


def _rewritten(nodes: Sequence[Node]) -> list[Node]:
    inner = [replace(n, nodes=_rewritten(n.nodes)) if isinstance(n, Group) else n for n in nodes]
    found: list[Node] = []
    for query in _queries(rewrite_expressions(inner)):
        found += _query(query)
    return found


def _queries(nodes: list[Node]) -> Iterator[list[Node]]:
    """The parts of one level: what is before the first SELECT, and each SELECT to its end."""
    part: list[Node] = []
    for at, node in enumerate(nodes):
        if word(nodes, at) == "SELECT" or word(nodes, at) in _SET_OPERATORS:
            yield part
            part = []
        part.append(node)
    yield part


def _query(query: list[Node]) -> list[Node]:
    if word(query, 0) != "SELECT":
        return query
    clauses = _clauses(query)
    if not (_top(clauses) or "QUALIFY" in clauses):
        return query
    limit = _without_top(clauses)
    nodes = _qualified(clauses) if "QUALIFY" in clauses else _joined(clauses)
    return [*nodes, *limit]


def _clauses(query: list[Node]) -> Clauses:
    """The clauses by the words that they begin with; these are part of them."""
    clauses: Clauses = {"SELECT": []}
    current = "SELECT"
    for at, node in enumerate(query):
        begins = word(query, at)
        # As in a.limit, AS limit, WITHIN GROUP (…), IS DISTINCT FROM.
        is_other = word(query, at - 1) in {".", "AS", "WITHIN", "DISTINCT"}
        if begins in _CLAUSES and begins not in clauses and not is_other:
            current = begins
            clauses[current] = []
        clauses[current].append(node)
    return clauses


def _joined(clauses: Mapping[str, list[Node]]) -> list[Node]:
    return [node for clause in clauses.values() for node in clause]


def _top(clauses: Clauses) -> int | None:
    """Where TOP is in the select list, or None."""
    for at in (1, 2):
        if word(clauses["SELECT"], at) == "TOP" and at + 1 < len(clauses["SELECT"]):
            node = clauses["SELECT"][at + 1]
            if isinstance(node, Group) or node.kind in {"number", "parameter"}:
                return at
    return None


def _without_top(clauses: Clauses) -> list[Node]:
    """Take TOP from the select list, and return the LIMIT that replaces it."""
    at = _top(clauses)
    if at is None:
        return []
    selected = clauses["SELECT"]
    clauses["SELECT"] = [*selected[:at], *selected[at + 2 :]]
    return [*sql("LIMIT"), replace(selected[at + 1], spaced=True)]


def _qualified(clauses: Clauses) -> list[Node]:
    """A query of the query without QUALIFY, whose condition becomes a column of it."""
    start = 2 if word(clauses["SELECT"], 1) in {"DISTINCT", "ALL"} else 1
    outer: list[list[Node]] = []
    inner: list[list[Node]] = []
    for number, item in enumerate(items(clauses["SELECT"][start:])):
        for column, picked in _outer_columns(f"c{number}", item, clauses.get("FROM", [])):
            outer.append(picked)
            inner.append(column)
    condition = Group(clauses["QUALIFY"][1:])
    inner.append([condition, *sql(f"AS {_QUALIFIES}")])
    later = {"ORDER", "LIMIT", "OFFSET", "FETCH"}
    within = [clauses[key] for key in clauses if key not in {*later, "SELECT", "QUALIFY"}]
    subquery = [*sql("SELECT"), *listed(inner), *(node for clause in within for node in clause)]
    return [
        *clauses["SELECT"][:start],
        *listed(outer),
        *sql("FROM"),
        Group(subquery),
        *sql(f"AS {_QUALIFIED} WHERE {_QUALIFIES}"),
        *(node for key, clause in clauses.items() if key in later for node in clause),
    ]


def _outer_columns(
    column: str, item: list[Node], from_clause: list[Node]
) -> Iterator[tuple[list[Node], list[Node]]]:
    """The columns of the inner query for an item of a select list, and how each is picked."""
    if word(item, len(item) - 1) == "*" and (len(item) == 1 or word(item, len(item) - 2) == "."):
        relations = [name(item, len(item) - 3)] if len(item) > 1 else _relations(from_clause)
        for number, relation in enumerate(relations):
            # A whole row as one column, since the names of its columns are not known here.
            row = sql(f'"{relation}" AS {column}_{number}')
            yield row, sql(f"({_QUALIFIED}.{column}_{number}).*")
        return
    value, alias = _alias(item)
    yield (
        [*apart(value), *sql(f"AS {column}")],
        [*sql(f"{_QUALIFIED}.{column} AS"), replace(alias, spaced=True)],
    )


def _alias(item: list[Node]) -> tuple[list[Node], Node]:
    """The value of an item of a select list, and the name of its column."""
    last = item[-1]
    if isinstance(last, Token) and last.is_identifier and len(item) > 1:
        if word(item, len(item) - 2) == "AS":
            return item[:-2], last
        if word(item, len(item) - 2) == ".":
            return item, replace(last, spaced=True)
        if last.word not in {"END", "NULL", "TRUE", "FALSE"} and word(item, len(item) - 2) != ":":
            return item[:-1], last
    if name(item, 0) and (len(item) == 1 or group(item, 1)):
        return item, replace(item[0], spaced=True)
    return item, Token("name", '"?column?"')


def _relations(from_clause: list[Node]) -> list[str]:
    """The names by which a query calls what it reads.

    Raises:
        RedshiftError: They cannot be determined.
    """
    parts: list[list[Node]] = [[]]
    for node in from_clause[1:]:
        if isinstance(node, Token) and (node.word == "," or node.word in _JOINS):
            if node.word == "NATURAL":
                raise _unclear("NATURAL JOIN")
            parts.append([])
        else:
            parts[-1].append(node)
    found = []
    for part in filter(None, parts):
        words = [word(part, at) for at in range(len(part))]
        if "USING" in words:
            raise _unclear("JOIN … USING")
        relation = part[: words.index("ON")] if "ON" in words else part
        found.append(name(relation, len(relation) - 1))
    if not all(found):
        raise _unclear("a query that has no name in FROM")
    return found


def _unclear(what: str) -> RedshiftError:
    msg = f"this stand-in for Redshift does not know SELECT * with QUALIFY and {what}"
    return RedshiftError(msg)


# Aliases


def _aliases_replaced(nodes: list[Node]) -> list[Node]:
    inner = [
        replace(n, nodes=_aliases_replaced(n.nodes)) if isinstance(n, Group) else n for n in nodes
    ]
    found: list[Node] = []
    for query in _queries(inner):
        found += _query_without_aliases(query) if word(query, 0) == "SELECT" else query
    return found


def _query_without_aliases(query: list[Node]) -> list[Node]:
    clauses = _clauses(query)
    known: dict[str, list[Node]] = {}
    selected: list[list[Node]] = []
    for item in items(clauses["SELECT"][1:]):
        has_alias = len(item) > 2 and word(item, len(item) - 2) == "AS"
        value = _substituted(item[:-2] if has_alias else item, known)
        selected.append([*value, *item[-2:]] if has_alias else value)
        if has_alias:
            known[name(item, len(item) - 1)] = value
    clauses["SELECT"] = [clauses["SELECT"][0], *listed(selected)]
    for key in ("WHERE", "HAVING", "QUALIFY"):
        if key in clauses:
            clauses[key] = _substituted(clauses[key], known)
    return _joined(clauses)


def _substituted(nodes: list[Node], known: Mapping[str, list[Node]]) -> list[Node]:
    found: list[Node] = []
    for at, node in enumerate(nodes):
        alone = "." not in {word(nodes, at - 1), word(nodes, at + 1)} and not group(nodes, at + 1)
        if isinstance(node, Group):
            is_query = word(node.nodes, 0) in {"SELECT", "WITH"}
            inner = node.nodes if is_query else _substituted(node.nodes, known)
            found.append(replace(node, nodes=inner))
        elif alone and word(nodes, at - 1) != "AS" and name(nodes, at) in known:
            found.append(Group(known[node.identifier]))
        else:
            found.append(node)
    return found
