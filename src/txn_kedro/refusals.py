"""Errors that stop a command before it runs: one message, without a traceback."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConfigRefused(click.ClickException, ValueError):
    """The configuration, or an option or parameter of a run, cannot be used.

    Every command of Kedro prints only the message, because the class derives from Click's.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a space and a sentence with the most similar known name, or "" if none is similar.

    >>> did_you_mean("generaton", ["generation", "world"])
    " Did you mean 'generation'?"
    >>> did_you_mean("x", ["generation", "world"])
    ''
    """
    similar = get_close_matches(name, list(known), n=1)
    return f" Did you mean {similar[0]!r}?" if similar else ""
