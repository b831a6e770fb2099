"""Tokens nested by their parentheses, for what replaces a part of a statement by another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError
from redshift_sandbox.tokens import Token, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Group:
    """What is between two parentheses.

    Attributes:
        nodes: Its tokens and groups.
        spaced: Whether it stands apart from the token before it.
    """

    nodes: list[Node]
    spaced: bool = True


Node = Token | Group


def nested(tokens: Sequence[Token]) -> list[Node]:
    """Nest tokens by their parentheses.

    Raises:
        RedshiftError: A parenthesis has no partner.
    """
    levels: list[tuple[list[Node], bool]] = [([], True)]
    for token in tokens:
        if token.word == "(":
            levels.append(([], token.spaced))
        elif token.word == ")":
            nodes, spaced = levels.pop()
            if not levels:
                raise RedshiftError('syntax error at or near ")"', "42601")
            levels[-1][0].append(Group(nodes, spaced))
        else:
            levels[-1][0].append(token)
    if len(levels) > 1:
        raise RedshiftError('syntax error at end of input: a ")" is missing', "42601")
    return levels[0][0]


def flat(nodes: Sequence[Node]) -> Iterator[Token]:
    """The tokens in their order, parentheses included."""
    for node in nodes:
        if isinstance(node, Group):
            yield Token("sign", "(", node.spaced)
            yield from flat(node.nodes)
            yield Token("sign", ")", spaced=False)
        else:
            yield node


def word(nodes: Sequence[Node], at: int) -> str:
    """The word or sign at a place in capitals; "" for a group, for quoted text, and outside."""
    node = nodes[at] if 0 <= at < len(nodes) else None
    return node.word if isinstance(node, Token) else ""


def name(nodes: Sequence[Node], at: int) -> str:
    """The name at a place, or ""."""
    node = nodes[at] if 0 <= at < len(nodes) else None
    return node.identifier if isinstance(node, Token) and node.is_identifier else ""


def group(nodes: Sequence[Node], at: int) -> Group | None:
    """The group at a place, or None."""
    node = nodes[at] if 0 <= at < len(nodes) else None
    return node if isinstance(node, Group) else None


def items(nodes: Sequence[Node]) -> list[list[Node]]:
    """The items of a list, which commas separate."""
    found: list[list[Node]] = [[]]
    for node in nodes:
        if isinstance(node, Token) and node.word == ",":
            found.append([])
        else:
            found[-1].append(node)
    return found


def listed(parts: Sequence[Sequence[Node]]) -> list[Node]:
    """A list with commas between its items."""
    nodes: list[Node] = []
    for part in parts:
        nodes += [*([Token("sign", ",", spaced=False)] if nodes else []), *part]
    return nodes


def sql(text: str) -> list[Node]:
    """The nodes of SQL of our own, which stand apart from what is before them."""
    return apart(nested([*tokenize(text)]))


def apart(nodes: Sequence[Node]) -> list[Node]:
    """Nodes that stand apart from what is before them."""
    return [replace(node, spaced=node.spaced or at == 0) for at, node in enumerate(nodes)]


def call(function: str, arguments: Sequence[Sequence[Node]]) -> list[Node]:
    """A call of a function."""
    return [*sql(function), Group(listed(arguments), spaced=False)]


def cast(value: Sequence[Node], kind: Sequence[Node]) -> list[Node]:
    """A value as a type."""
    return [*sql("CAST"), Group([*value, *sql("AS"), *apart(kind)], spaced=False)]


def like(node: Node, nodes: list[Node]) -> list[Node]:
    """Nodes that stand where another stood."""
    return [replace(nodes[0], spaced=node.spaced), *nodes[1:]] if nodes else []
