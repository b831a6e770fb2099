"""The manifest: the JSON whose existence commits a set of Parquet parts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from txn_kedro.lake.errors import ManifestError
from txn_kedro.lake.layout import BatchName
from txn_kedro.results import Volume
from txn_kedro.tables import Column, fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self


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
    nullable: bool


class Schema(_Strict):
    """The columns of the parts and their fingerprint."""

    fingerprint: str
    elements: tuple[SchemaElement, ...] = Field(min_length=1, strict=False)

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Schema:
        """The schema of a contract's columns."""
        return cls(
            fingerprint=fingerprint([[c.name, c.type, c.nullable] for c in columns]),
            elements=tuple(
                SchemaElement(name=c.name, type=c.type, nullable=c.nullable) for c in columns
            ),
        )

    @property
    def columns(self) -> list[Column]:
        """The columns, as far as they are known: their meaning is not."""
        return [Column(e.name, e.type, nullable=e.nullable) for e in self.elements]


@dataclass(frozen=True)
class Origin:
    """Everything that determines the bytes of a batch, besides the versions of the dependencies.

    Attributes:
        name: The batch.
        schema: Columns of the parts.
        generator_version: Version of what makes the rows.
        configuration: Everything else that determines the rows, as JSON.
        save_args: Arguments of the Parquet writer that were set by hand.
    """

    name: BatchName
    schema: Schema
    generator_version: int
    configuration: Mapping[str, Any]
    save_args: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when anything but the name does."""
        return fingerprint(
            {
                "schema": self.schema.fingerprint,
                "generator_version": self.generator_version,
                "configuration": dict(self.configuration),
                "save_args": dict(self.save_args),
            }
        )

    def part_path(self, number: int) -> str:
        """Return the path of a part."""
        return self.name.part_path(self.fingerprint, number)


class Manifest(_Strict):
    """A COPY manifest of Redshift with further keys, holding nothing of when or where it was made.

    Attributes:
        entries: What COPY reads.
        meta: Sums over the parts.
        table: Table that the parts belong to.
        batch_id: The batch.
        revision: 1, or more if it corrects the manifest of the revision before.
        parts: Row counts and checksums, in the order of ``entries``.
        columns: What the parts hold; ``schema`` in the JSON.
        generator_version: Version of what made the rows.
        configuration: Everything else that determines the rows, besides the batch id.
        save_args: Arguments of the Parquet writer that were set by hand.
        configuration_fingerprint: Of the four above; it is in the names of the parts.
    """

    entries: tuple[Entry, ...] = Field(min_length=1, strict=False)
    meta: Totals
    table: str
    batch_id: str
    revision: int = Field(ge=1)
    parts: tuple[Part, ...] = Field(min_length=1, strict=False)
    columns: Schema = Field(alias="schema")
    generator_version: int
    configuration: dict[str, Any]
    save_args: dict[str, Any]
    configuration_fingerprint: str

    @classmethod
    def of(cls, origin: Origin, parts: Sequence[tuple[Part, int]]) -> Manifest:
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
            table=origin.name.table,
            batch_id=origin.name.batch_id,
            revision=origin.name.revision,
            parts=tuple(part for part, _ in parts),
            schema=origin.schema,
            generator_version=origin.generator_version,
            configuration=dict(origin.configuration),
            save_args=dict(origin.save_args),
            configuration_fingerprint=origin.fingerprint,
        )

    @model_validator(mode="before")
    @classmethod
    def _from_version_1(cls, data: Any) -> Any:
        """What version 1 of the project wrote, in today's words."""
        if not isinstance(data, dict) or "name" not in data:
            return data
        try:
            return _of_version_1(data)
        except (KeyError, TypeError) as error:
            msg = f"a key of version 1 is missing, or is not as it was written: {error}"
            raise ValueError(msg) from error

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
        if self.columns != Schema.of(self.columns.columns):
            msg = "schema.fingerprint is not that of its elements"
            raise ValueError(msg)
        if self.configuration_fingerprint != self.origin.fingerprint:
            msg = "configuration_fingerprint is not that of the configuration"
            raise ValueError(msg)
        return self

    @property
    def name(self) -> BatchName:
        """The batch, and which revision of it."""
        return BatchName(self.table, self.batch_id, self.revision)

    @property
    def origin(self) -> Origin:
        """Everything that determines the bytes."""
        return Origin(
            self.name,
            self.columns,
            self.generator_version,
            self.configuration,
            self.save_args,
        )

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
            ManifestError: It is not JSON, lacks a key, or contradicts itself.
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


def _of_version_1(data: dict[str, Any]) -> dict[str, Any]:
    """A manifest of version 1, which knew no revisions, and not whether a column is nullable."""
    configuration = data.get("configuration")
    if not isinstance(configuration, dict):
        msg = "configuration: expected a dictionary"
        raise ValueError(msg)
    if data.get("configuration_fingerprint") != fingerprint(configuration):
        msg = "configuration_fingerprint is not that of the configuration"
        raise ValueError(msg)
    elements = [{**element, "nullable": True} for element in data["schema"]["elements"]]
    schema = Schema.of([Column(e["name"], e["type"], nullable=True) for e in elements])
    version = configuration.get("generator_version", 1)
    rest = {key: value for key, value in configuration.items() if key != "generator_version"}
    origin = Origin(BatchName(data["table"], data["name"]), schema, version, rest, {})
    kept = ("entries", "meta", "table", "parts")
    return {
        **{key: data[key] for key in kept if key in data},
        "batch_id": data["name"],
        "revision": 1,
        "schema": schema.model_dump(),
        "generator_version": version,
        "configuration": rest,
        "save_args": {},
        "configuration_fingerprint": origin.fingerprint,
    }


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object, and refuse duplicate keys, which readers resolve differently."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        msg = f"the key {next(n for n in names if names.count(n) > 1)!r} is there twice"
        raise ValueError(msg)
    return found


def digest(content: bytes) -> str:
    """The SHA-256 of a manifest's stored bytes, in hex: the ledger keeps it."""
    return hashlib.sha256(content).hexdigest()
