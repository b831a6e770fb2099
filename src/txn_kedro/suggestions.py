"""What a misspelt name may have been meant to be."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the most similar known name, after a space; empty if none is similar.

    >>> did_you_mean("generaton", ["generation", "world"])
    " Did you mean 'generation'?"
    >>> did_you_mean("x", ["generation", "world"])
    ''
    """
    similar = get_close_matches(name, list(known), n=1)
    return f" Did you mean {similar[0]!r}?" if similar else ""
