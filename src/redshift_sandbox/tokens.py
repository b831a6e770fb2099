"""SQL as tokens, which separates words from strings, quoted names and comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redshift_sandbox.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""
    (?P<gap>\s+|--[^\n]*|/\*(?:(?!/\*|\*/).)*\*/)
    |(?P<string>[eE]?'(?:[^'\\]|''|\\.)*')
    |(?P<name>"(?:[^"]|"")*")
    |(?P<dollars>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<parameter>\$\d+)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<broken>/\*|['"])
    |(?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"''|\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL.

    Attributes:
        kind: ``string``, ``name`` (quoted), ``dollars``, ``parameter``, ``word``, ``number``,
            ``sign``.
        source: As it was written, quoted names in lower case.
        spaced: Whether it stands apart from the token before it.
    """

    kind: str
    source: str
    spaced: bool = True

    @property
    def word(self) -> str:
        """A word or a sign in capitals; "" for all that is quoted."""
        return self.source.upper() if self.kind in {"word", "number", "sign"} else ""

    @property
    def is_identifier(self) -> bool:
        """Whether it can be a name."""
        return self.kind in {"word", "name"}

    @property
    def identifier(self) -> str:
        """The name that it is: Redshift folds all names to lower case, quoted ones too."""
        if self.kind == "name":
            return self.source[1:-1].replace('""', '"').lower()
        return self.source.lower()

    @property
    def value(self) -> str:
        """The text of a string."""
        inner = self.source[self.source.index("'") + 1 : -1]
        return _ESCAPE.sub(lambda found: found[1] or "'", inner)


def statements(sql: str) -> list[list[Token]]:
    """The tokens of each statement; statements without any are left out.

    Raises:
        RedshiftError: A string, a quoted name or a comment does not end.
    """
    found: list[list[Token]] = [[]]
    for token in tokenize(sql):
        if token.word == ";":
            found.append([])
        else:
            found[-1].append(token)
    return [tokens for tokens in found if tokens]


def tokenize(sql: str) -> Iterator[Token]:
    """The tokens of a text.

    Raises:
        RedshiftError: A string, a quoted name or a comment does not end.
    """
    kind, spaced = "", False
    for match in _TOKEN.finditer(sql):
        # Redshift reads 1END as 1 END, PostgreSQL does not.
        after_number = kind == "number"
        kind = "dollars" if match["dollars"] else str(match.lastgroup)
        if kind == "broken":
            raise RedshiftError(f"unterminated string, name or comment at {match[0]}", "42601")
        if kind != "gap":
            # Redshift folds quoted names too, PostgreSQL does not.
            yield Token(
                kind,
                match[0].lower() if kind == "name" else match[0],
                spaced or (after_number and kind == "word"),
            )
        spaced = kind == "gap"


def text(tokens: Sequence[Token]) -> str:
    """SQL that reads as the tokens do."""
    return "".join(" " * token.spaced + token.source for token in tokens).strip()


def words(tokens: Sequence[Token]) -> str:
    """The words and signs in capitals; what is quoted stands as ""."""
    return " ".join(token.word or '""' for token in tokens)


class Reader:
    """Reads tokens from left to right.

    Args:
        tokens: Of one statement.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def rest(self) -> Sequence[Token]:
        """The tokens that were not read yet."""
        return self._tokens[self._at :]

    def next(self) -> Token:
        """Read a token.

        Raises:
            RedshiftError: There is none.
        """
        if not self.rest:
            raise RedshiftError("syntax error at end of input", "42601")
        self._at += 1
        return self._tokens[self._at - 1]

    def skip(self, *wanted: str) -> bool:
        """Read words if they are next, and return whether they were."""
        if [token.word for token in self.rest[: len(wanted)]] != list(wanted):
            return False
        self._at += len(wanted)
        return True

    def expect(self, *wanted: str) -> None:
        """Read words.

        Raises:
            RedshiftError: Others are next.
        """
        if not self.skip(*wanted):
            raise self.unexpected()

    def string(self) -> str:
        """Read a string."""
        if not self.rest or self.rest[0].kind != "string":
            raise self.unexpected()
        return self.next().value

    def identifier(self) -> Token:
        """Read a name."""
        if not self.rest or not self.rest[0].is_identifier:
            raise self.unexpected()
        return self.next()

    def qualified_name(self) -> list[Token]:
        """Read a name with what qualifies it, dots included."""
        name = [self.identifier()]
        while self.skip("."):
            name += [Token("sign", ".", spaced=False), replace(self.identifier(), spaced=False)]
        return name

    def parentheses(self) -> list[Token]:
        """Read a group; hand back what is between its parentheses."""
        self.expect("(")
        inner, depth = [], 1
        while depth:
            token = self.next()
            depth += {"(": 1, ")": -1}.get(token.word, 0)
            inner.append(token)
        return inner[:-1]

    def identifiers(self) -> list[str]:
        """Read a group of names."""
        return [Reader(item).identifier().identifier for item in split(self.parentheses())]

    def end(self) -> None:
        """Make sure that all is read."""
        if self.rest:
            raise self.unexpected()

    def unexpected(self) -> RedshiftError:
        """What to say of the next token."""
        where = f'at or near "{self.rest[0].source}"' if self.rest else "at end of input"
        msg = f"syntax error {where}: this stand-in for Redshift does not know this syntax"
        return RedshiftError(msg, "42601")


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    """The items of a list: commas separate them, except within parentheses."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.word, 0)
        if token.word == "," and depth == 0:
            items.append([])
        else:
            items[-1].append(token)
    return items
