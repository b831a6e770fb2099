"""The manifest: the JSON whose existence commits a set of Parquet parts."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from txn_kedro.lake.errors import ManifestError
from txn_kedro.lake.outcomes import Volume
from txn_kedro.tables import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from txn_kedro.tables import Table


class _Strict(BaseModel):
    # A key that is not known may be one that is misspelt, or one that a newer version obeys.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Length(_Strict):
    """What COPY must know of a file of columns before it reads it."""

    content_length: int = Field(ge=1)


class Entry(_Strict):
    """A file for COPY to load."""

    url: str
    mandatory: Literal[True]
    meta: Length


class Part(_Strict):
    """What else is known of a part.

    Attributes:
        url: Absolute on S3; relative to the lake in a folder, so that it can be moved.
        row_count: Its rows.
        sha256: Of its bytes, in hex.
        etag: What S3 gave it, or None in a folder.
    """

    url: str
    row_count: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    etag: str | None = None


class Totals(_Strict):
    """Over all parts."""

    content_length: int
    record_count: int


class SchemaElement(_Strict):
    """A column of the parts."""

    name: str
    type: str


class Schema(_Strict):
    """The columns of the parts and their fingerprint."""

    fingerprint: str
    elements: tuple[SchemaElement, ...] = Field(strict=False)


class Manifest(_Strict):
    """A COPY manifest of Redshift with further keys, holding nothing of when or where it was made.

    Attributes:
        entries: What COPY reads.
        meta: Sums over the parts.
        table: Table that the parts belong to.
        name: The batch id, or the fingerprint of the world.
        parts: Row counts and checksums, in the order of ``entries``.
        columns: What the parts hold; ``schema`` in the JSON.
        world_fingerprint: World that the rows draw on or belong to.
        configuration: All that the bytes follow from, beside the execution time.
        configuration_fingerprint: Of the configuration.
    """

    entries: tuple[Entry, ...] = Field(min_length=1, strict=False)
    meta: Totals
    table: str
    name: str
    parts: tuple[Part, ...] = Field(min_length=1, strict=False)
    columns: Schema = Field(alias="schema")
    world_fingerprint: str = Field(pattern="^[0-9a-f]{16}$")
    configuration: dict[str, Any]
    configuration_fingerprint: str

    @classmethod
    def of(
        cls,
        table: Table,
        name: str,
        parts: Sequence[tuple[Part, int]],
        world_fingerprint: str,
        configuration: dict[str, Any],
    ) -> Manifest:
        """The manifest of written parts, each given with its length in bytes."""
        return cls(
            entries=tuple(
                Entry(url=part.url, mandatory=True, meta=Length(content_length=size))
                for part, size in parts
            ),
            meta=Totals(
                content_length=sum(size for _, size in parts),
                record_count=sum(part.row_count for part, _ in parts),
            ),
            table=table.name,
            name=name,
            parts=tuple(part for part, _ in parts),
            schema=Schema(
                fingerprint=table.fingerprint,
                elements=tuple(SchemaElement(name=c.name, type=c.type) for c in table.columns),
            ),
            world_fingerprint=world_fingerprint,
            configuration=configuration,
            configuration_fingerprint=fingerprint(configuration),
        )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if [entry.url for entry in self.entries] != [part.url for part in self.parts]:
            msg = "entries and parts name different files"
            raise ValueError(msg)
        if self.meta.record_count != sum(part.row_count for part in self.parts):
            msg = "meta.record_count is not the sum of the parts' row_count"
            raise ValueError(msg)
        if self.meta.content_length != sum(e.meta.content_length for e in self.entries):
            msg = "meta.content_length is not the sum of the entries'"
            raise ValueError(msg)
        if self.configuration_fingerprint != fingerprint(self.configuration):
            msg = "configuration_fingerprint is not that of the configuration"
            raise ValueError(msg)
        if self.world_fingerprint not in {self.name, *_worlds(self.configuration)}:
            msg = "world_fingerprint is not the world of the configuration"
            raise ValueError(msg)
        return self

    @property
    def volume(self) -> Volume:
        """How much it lists."""
        return Volume(self.meta.record_count, self.meta.content_length, len(self.parts))

    def to_json(self) -> bytes:
        """The bytes that are stored."""
        return self.model_dump_json(by_alias=True, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, content: bytes, path: str) -> Manifest:
        """Read a stored manifest.

        Args:
            content: The stored bytes.
            path: Where they were found, for the error.

        Raises:
            ManifestError: It is no JSON, lacks a key, or contradicts itself.
        """
        try:
            return cls.model_validate(json.loads(content, object_pairs_hook=_unique))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            what = str(first["msg"]).removeprefix("Value error, ")
            raise ManifestError(path, f"{where}: {what}" if where else what) from error
        except (ValueError, RecursionError) as error:
            raise ManifestError(path, f"Invalid JSON: {error}") from error


def _worlds(configuration: Mapping[str, Any]) -> list[object]:
    """The world that a configuration names, if it names one."""
    world = configuration.get("world")
    return [world.get("fingerprint")] if isinstance(world, dict) else []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, of which no two readers can see different values."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"the key {next(n for n in names if names.count(n) > 1)!r} is there twice"
        raise ValueError(msg)
    return found


def digest(content: bytes) -> str:
    """The SHA-256 of a manifest's stored bytes, in hex: the ledger keeps it."""
    return hashlib.sha256(content).hexdigest()
