"""``kedro tidy``: find files that killed runs left in the lake, and remove them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from txn_kedro.lake import FolderLake, ObjectLake
from txn_kedro.lake.leftovers import leftovers, part_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txn_kedro.lake import Lake

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Leftover:
    """Something that belongs to no committed batch.

    Attributes:
        url: Where it is.
        kind: ``file``, or ``upload`` if it is an unfinished multipart upload.
        age: How long ago it was written or begun.
    """

    url: str
    kind: str
    age: timedelta

    def __str__(self) -> str:
        return f"{_in_words(self.age):>9} old  {self.kind:<6}  {self.url}"


def parse_age(text: str) -> timedelta:
    """An age such as ``7d``, ``12h``, ``30m`` or ``90s``.

    >>> parse_age("12h")
    datetime.timedelta(seconds=43200)

    Raises:
        ValueError: It is something else.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        msg = f"expected a number with s, m, h or d, such as 7d or 12h, got {text!r}"
        raise ValueError(msg)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def default_age(lake: Lake) -> timedelta:
    """Return the age from which a file without a manifest may be removed.

    In a folder, any age: a run holds a lock while it writes. On S3, a run may be paused for days.
    """
    return timedelta() if isinstance(lake, FolderLake) else timedelta(days=7)


def tidy(lake: Lake, older_than: timedelta, *, remove: bool) -> Iterator[Leftover]:
    """Find leftovers in the lake, and remove them if asked to.

    Args:
        lake: The lake.
        older_than: Younger files stay.
        remove: Whether to remove what is found.

    Yields:
        Each leftover that was found or removed.
    """
    for folder in part_folders(lake):
        with lake.if_free(folder) as free:
            for path in leftovers(lake, folder) if free else ():
                age = lake.age(path)
                if age >= older_than:
                    if remove:
                        lake.remove(path)
                    yield Leftover(lake.url(path), "file", age)
    if isinstance(lake, ObjectLake):
        yield from _tidy_uploads(lake, older_than, remove=remove)


def _tidy_uploads(lake: ObjectLake, older_than: timedelta, *, remove: bool) -> Iterator[Leftover]:
    bucket = lake.url("").partition("://")[2].partition("/")[0]
    for upload in lake.unfinished_uploads():
        age = datetime.now(UTC) - upload.begun
        if age >= older_than:
            if remove:
                lake.abort_upload(upload)
            yield Leftover(f"s3://{bucket}/{upload.key}", "upload", age)


def _in_words(age: timedelta) -> str:
    """An age in its largest unit."""
    for unit, seconds in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if (number := int(age.total_seconds() // seconds)) >= 1:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{int(age.total_seconds())} s"
