"""JSON files as COPY … JSON 'auto' reads them."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from redshift_sandbox.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from redshift_sandbox.parquet_types import TargetColumn

_BATCH_ROWS = 10_000


def json_as_csv(
    lines: Iterable[bytes], columns: Sequence[TargetColumn], url: str
) -> Iterator[tuple[int, bytes]]:
    """The rows of a file, some at a time, with their number.

    Args:
        lines: One object a line; its keys are names of columns. Other keys are ignored.
        columns: Columns that are loaded.
        url: The file, for errors.

    Raises:
        LoadError: A line is not an object.
    """
    numbered = enumerate(lines, 1)
    while batch := list(islice(numbered, _BATCH_ROWS)):
        objects = [_object(line, number, url) for number, line in batch if line.strip()]
        rows = [",".join(_quoted(found.get(c.name), c) for c in columns) for found in objects]
        yield len(rows), "".join(f"{row}\n" for row in rows).encode()


def _object(line: bytes, number: int, url: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_float=Decimal)
    except ValueError as error:
        raise LoadError("Invalid JSON format", f"{url} line {number}: {error}", file=url) from error
    if not isinstance(found, dict):
        msg = "Invalid JSON format: this stand-in for Redshift reads one object a line"
        raise LoadError(msg, f"{url} line {number}", file=url)
    return found


def _quoted(value: Any, column: TargetColumn) -> str:
    """A value in CSV, where nothing at all is NULL."""
    if value is None:
        return ""
    is_plain = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    if column.base == "jsonb" or not is_plain:
        value = json.dumps(value, default=float, ensure_ascii=False)
    doubled = str(value).replace('"', '""')
    return f'"{doubled}"'
