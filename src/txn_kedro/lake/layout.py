"""The names of files in a lake, built and parsed in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

MANIFESTS = "manifests"
LAKE_FILE = "lake.json"
"""Holds the lake id."""

_BATCH_ID = re.compile("[0-9A-Za-z-]{1,64}")
_NAME = r"([a-z][a-z0-9_]*)_([0-9A-Za-z-]{1,64})(?:\.r([1-9]\d*))?"
_MANIFEST = re.compile(rf"{_NAME}\.json")
# Neither a batch id nor a fingerprint has an underscore, so only a table's name may have more.
_PART = re.compile(rf"{_NAME}_[0-9a-f]{{16}}_part-\d{{4,}}\.parquet")
# Version 1 wrote one table by batches, and no fingerprint.
_VERSION_1_PART = re.compile(r"(transactions)_(\d{8}T\d{6}Z)()_part-\d{4}\.parquet")
_RESERVED = {MANIFESTS, "world"}  # Lakes of version 1 have a folder `world`.


@dataclass(frozen=True, order=True)
class BatchName:
    """Names a batch: its table, its id and its revision.

    Attributes:
        table: Name of the table.
        batch_id: Unique within lake and table: 1 to 64 letters, digits and hyphens.
        revision: 1, or more for a batch that corrects the one before.

    Raises:
        ValueError: A lake cannot have such a batch.
    """

    table: str
    batch_id: str
    revision: int = 1

    def __post_init__(self) -> None:
        if self.table in _RESERVED:
            msg = (
                f"A lake cannot have a table {self.table!r}: it uses that name for something else."
            )
            raise ValueError(msg)
        if _BATCH_ID.fullmatch(self.batch_id) is None:
            msg = (
                f"Table {self.table}: {self.batch_id!r} is not a batch id. Expected 1 to 64 "
                "letters (a-z, A-Z), digits and hyphens."
            )
            raise ValueError(msg)
        if self.revision < 1:
            msg = f"{self}: the revision is {self.revision}, expected 1 or more."
            raise ValueError(msg)

    @classmethod
    def of_manifest(cls, file_name: str) -> BatchName | None:
        """Return the batch whose manifest has this file name, or None if it is not a manifest."""
        return cls._parsed(_MANIFEST.fullmatch(file_name))

    @classmethod
    def of_part(cls, file_name: str) -> BatchName | None:
        """Return the batch whose part has this file name, or None if it is not a part."""
        return cls._parsed(_PART.fullmatch(file_name) or _VERSION_1_PART.fullmatch(file_name))

    @classmethod
    def _parsed(cls, found: re.Match[str] | None) -> BatchName | None:
        # A revision of 1 is not written, so that each batch has one name.
        if found is None or found[3] == "1" or found[1] in _RESERVED:
            return None
        return cls(found[1], found[2], int(found[3] or 1))

    def __str__(self) -> str:
        revision = f", revision {self.revision}" if self.revision > 1 else ""
        return f"Batch {self.batch_id} of {self.table}{revision}"

    @property
    def in_short(self) -> str:
        """The batch's name in log lines."""
        revision = f" revision {self.revision}" if self.revision > 1 else ""
        return f"{self.table} {self.batch_id}{revision}"

    @property
    def manifest_path(self) -> str:
        """Path of the batch's manifest."""
        return f"{MANIFESTS}/{self._stem}.json"

    @property
    def folder(self) -> str:
        """Folder of the batch's parts: one for each date if the batch id begins with a date."""
        day = _day_of(self.batch_id)
        return f"{self.table}/date={day.isoformat()}" if day else self.table

    def part_path(self, fingerprint: str, number: int) -> str:
        """Return the path of a part.

        Args:
            fingerprint: Fingerprint of all that determines the bytes besides the batch id, so that
                two runs with different settings never write the same path.
            number: Of the part, from 0.
        """
        return f"{self.folder}/{self._stem}_{fingerprint}_part-{number:04d}.parquet"

    def version_1_part_path(self, number: int) -> str:
        """Return the path of a part in a lake that version 1 wrote."""
        return f"{self.folder}/{self._stem}_part-{number:04d}.parquet"

    @property
    def _stem(self) -> str:
        revision = f".r{self.revision}" if self.revision > 1 else ""
        return f"{self.table}_{self.batch_id}{revision}"


def _day_of(batch_id: str) -> date | None:
    found = re.match(r"(\d{4})(\d{2})(\d{2})(?=T|-|$)", batch_id)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
