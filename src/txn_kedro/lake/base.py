"""What every lake has: its layout, how it is read, and the files that a manifest commits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

import fsspec

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.lake.manifest import Manifest, digest
from txn_kedro.synthesis.batch import batch_id_of, execution_time_of
from txn_kedro.synthesis.tables import TRANSACTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from contextlib import AbstractContextManager

    import pyarrow.dataset as ds

    from txn_kedro.tables import Table


class Lake(ABC):
    """Layout of the lake, and how to read it; each kind of store adds how to write it safely.

    Args:
        protocol: Name of an fsspec filesystem.
        root: Path of the lake in it.
        options: Options of the filesystem; never shown.
    """

    def __init__(self, protocol: str, root: str, options: dict[str, Any]) -> None:
        self._protocol = protocol
        # What another run has committed or damaged meanwhile must be seen.
        self._options = {"use_listings_cache": False, **options}
        self.root = root.rstrip("/")

    @cached_property
    def filesystem(self) -> fsspec.AbstractFileSystem:
        """The filesystem that the lake is in; its library is imported when first used."""
        return fsspec.filesystem(self._protocol, **self._options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url('')!r})"

    @abstractmethod
    def url(self, path: str) -> str:
        """A path of the lake as a reader outside it would write it."""

    @abstractmethod
    def entry_url(self, path: str) -> str:
        """A path of the lake as its manifests write it."""

    @abstractmethod
    def path_of_entry(self, url: str) -> str:
        """The path of the lake that a manifest's url means.

        Raises:
            ValueError: It lies outside the lake.
        """

    @abstractmethod
    def write(self, path: str) -> AbstractContextManager[IO[bytes]]:
        """Context manager of a binary file that appears, whole, only if the block succeeds."""

    @abstractmethod
    def create(self, path: str, content: bytes) -> None:
        """Write a file whole, and only if it is not there.

        Raises:
            FileExistsError: It is.
        """

    @abstractmethod
    def exclusively(self, folder: str) -> AbstractContextManager[None]:
        """Let no other run write to a folder while the block lasts, where the store can do that."""

    @abstractmethod
    def if_free(self, folder: str) -> AbstractContextManager[bool]:
        """Like ``exclusively``, but without waiting: whether no other run writes to the folder."""

    @abstractmethod
    def etag(self, path: str) -> str | None:
        """The version that the store gave a file, or None."""

    @abstractmethod
    def fault_of_part(self, path: str, size: int, sha256: str, etag: str | None) -> str | None:
        """What is wrong with a part, or None if it is as its manifest says."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return bool(self.filesystem.exists(self._full(path)))

    def read(self, path: str) -> bytes:
        """A whole file."""
        return cast("bytes", self.filesystem.cat_file(self._full(path)))

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.filesystem.rm_file(self._full(path))

    def age(self, path: str) -> timedelta:
        """How long ago a file was written; zero if it is not there."""
        try:
            written: datetime = self.filesystem.modified(self._full(path))
        except FileNotFoundError:
            return timedelta()
        return datetime.now(UTC) - written

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none if there is no folder."""
        return list(self.versions(folder))

    @abstractmethod
    def version_of(self, info: Mapping[str, Any]) -> str:
        """What changes when a file does, from what the store lists of it."""

    def versions(self, folder: str) -> dict[str, str]:
        """Names in a folder, sorted, each with its version; none if there is no folder."""
        try:
            found = self.filesystem.ls(self._full(folder), detail=True)
        except FileNotFoundError:
            return {}
        named = {info["name"].rstrip("/").rsplit("/", 1)[-1]: info for info in found}
        return {name: self.version_of(named[name]) for name in sorted(named)}

    def tidy(self, folder: str, prefix: str, keep: Collection[str]) -> None:
        """Remove what runs that were cut off have left of some files.

        Args:
            folder: Where they are.
            prefix: What their names begin with, hidden or not.
            keep: Names that stay.
        """
        for name in self.names(folder):
            if name.removeprefix(".").startswith(prefix) and name not in keep:
                self.remove(f"{folder}/{name}")

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    # The layout

    @staticmethod
    def part_folder(batch_id: str) -> str:
        """Where the parts of a batch lie."""
        return f"transactions/date={execution_time_of(batch_id).date().isoformat()}"

    @classmethod
    def part_path(cls, batch_id: str, part: int) -> str:
        """Where a part of a batch lies."""
        return f"{cls.part_folder(batch_id)}/transactions_{batch_id}_part-{part:04d}.parquet"

    @staticmethod
    def manifest_path(batch_id: str) -> str:
        """Where the manifest of a batch lies."""
        return f"manifests/transactions_{batch_id}.json"

    @staticmethod
    def world_path(world: str, table: str, suffix: str) -> str:
        """Where the file (``.parquet``) or the manifest (``.json``) of a world table lies."""
        return f"world/{world}/{table}{suffix}"

    def batch_ids(self) -> list[str]:
        """Committed batches, in time order."""
        return [reference.batch_id for reference in self.batches()]

    def batches(self) -> list[BatchReference]:
        """References to the committed batches, in time order."""
        found = []
        for name, version in self.versions("manifests").items():
            batch_id = name.removeprefix("transactions_").removesuffix(".json")
            if name == f"transactions_{batch_id}.json" and _is_batch_id(batch_id):
                found.append(BatchReference(self, batch_id, version))
        return found

    def worlds(self) -> list[str]:
        """Fingerprints of the worlds that are there, whole or in part."""
        return self.names("world")

    def batch(self, batch_id: str) -> LakeFiles:
        """The files of a committed batch.

        Raises:
            ManifestError: Its manifest is broken, or is another batch's.
            FilesRefused: Its manifest is missing, or cannot be read.
        """
        path = self.manifest_path(batch_id)
        files = self._committed(path, TRANSACTIONS.name, batch_id)
        files.must_be([self.part_path(batch_id, n) for n in range(len(files.manifest.parts))])
        return files

    def world_table(self, world: str, table: str) -> LakeFiles:
        """The files of a world table.

        Raises:
            ManifestError: Its manifest is broken, or is another table's.
            FilesRefused: Its manifest is missing, or cannot be read.
        """
        files = self._committed(self.world_path(world, table, ".json"), table, world)
        files.must_be([self.world_path(world, table, ".parquet")])
        return files

    def _committed(self, path: str, table: str, name: str) -> LakeFiles:
        try:
            content = self.read(path)
        except FileNotFoundError:
            raise FilesRefused(
                _label(table, name),
                f"its manifest {self.url(path)} is missing",
                "Run the generation that made it again: it writes the same bytes.",
            ) from None
        except OSError as error:
            problem = f"its manifest {self.url(path)} cannot be read ({error})"
            remedy = "Make sure that you may read it, then run again."
            raise FilesRefused(_label(table, name), problem, remedy) from error
        manifest = Manifest.from_json(content, self.url(path))
        if (manifest.table, manifest.name) != (table, name):
            problem = f"it is of {manifest.table} {manifest.name}, expected {table} {name}"
            raise ManifestError(self.url(path), problem)
        return LakeFiles(self, manifest, self.url(path), digest(content))


@dataclass(frozen=True)
class BatchReference:
    """A committed batch whose manifest was listed; calling it reads the manifest.

    Attributes:
        lake: Where it is.
        batch_id: The batch.
        version: What changes when its manifest does: the ETag, or in a folder size and time.
    """

    lake: Lake
    batch_id: str
    version: str

    def __call__(self) -> LakeFiles:
        """The files of the batch.

        Raises:
            ManifestError: Its manifest is broken, or is another batch's.
            FilesRefused: Its manifest is missing, or cannot be read.
        """
        return replace(self.lake.batch(self.batch_id), manifest_version=self.version)

    def rows(self) -> ds.Dataset:
        """The rows of the batch, read as they are asked for.

        Raises:
            ManifestError: As calling it.
            FilesRefused: As calling it.
        """
        import pyarrow.dataset as ds  # noqa: PLC0415  a load needs the manifest only

        return ds.dataset(
            self().paths,
            schema=TRANSACTIONS.arrow_schema,
            format="parquet",
            filesystem=self.lake.filesystem,
        )


@dataclass(frozen=True)
class LakeFiles:
    """Parquet files that a manifest has committed.

    Attributes:
        lake: Where they are.
        manifest: What they are.
        manifest_url: Where their manifest is.
        manifest_sha256: Of the manifest's bytes, in hex.
        manifest_version: Of the manifest when it was listed; None if it was not.
    """

    lake: Lake
    manifest: Manifest
    manifest_url: str
    manifest_sha256: str
    manifest_version: str | None = None

    @property
    def label(self) -> str:
        """How messages call them."""
        return _label(self.manifest.table, self.manifest.name)

    @property
    def paths(self) -> list[str]:
        """Paths of the parts within the lake's filesystem."""
        return [f"{self.lake.root}/{self._path(entry.url)}" for entry in self.manifest.entries]

    def check(self, table: Table) -> None:
        """Make sure that the files are those of the manifest and fit the table.

        Raises:
            FilesRefused: A part is missing or another, or the columns differ.
            ManifestError: The manifest contradicts itself.
        """
        self.check_columns(table)
        for fault in self.faults():
            if fault:
                raise FilesRefused(self.label, fault, self._regenerate)

    def check_columns(self, table: Table) -> None:
        """Make sure that the columns are those of the table.

        Raises:
            FilesRefused: They differ.
            ManifestError: The manifest contradicts itself.
        """
        columns = self.manifest.columns
        if columns.fingerprint != table.fingerprint:
            problem = (
                f"its columns have the fingerprint {columns.fingerprint}, "
                f"this version loads {table.fingerprint}"
            )
            remedy = (
                f"Load it with the version that wrote it; or delete {self.manifest_url} and run "
                "its generation again."
            )
            raise FilesRefused(self.label, problem, remedy)
        if [(c.name, c.type) for c in columns.elements] != table.names_and_types:
            problem = "the elements of its schema are not those of its schema's fingerprint"
            raise ManifestError(self.manifest_url, problem)

    def faults(self) -> Iterator[str | None]:
        """What is wrong with each part, in order; None if nothing is."""
        for entry, part in zip(self.manifest.entries, self.manifest.parts, strict=True):
            path, size = self._path(entry.url), entry.meta.content_length
            try:
                yield self.lake.fault_of_part(path, size, part.sha256, part.etag)
            except OSError as error:
                yield f"its part {self.lake.url(path)} cannot be read ({error})"

    def must_be(self, paths: list[str]) -> None:
        """Make sure that the manifest lists certain files and no others.

        Raises:
            ManifestError: It does not.
        """
        if [self._path(entry.url) for entry in self.manifest.entries] != paths:
            problem = f"its entries are not the parts of {self.label}"
            raise ManifestError(self.manifest_url, problem)

    @property
    def _regenerate(self) -> str:
        """How to get the same bytes again."""
        if self.manifest.table != TRANSACTIONS.name:
            return "To repair it, run the generation of a batch of that world."
        when = execution_time_of(self.manifest.name).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            "To repair it, run: kedro run --pipelines generation --params "
            f"execution_time={when} with the settings that {self.manifest_url} lists under "
            "configuration"
        )

    def _path(self, url: str) -> str:
        try:
            return self.lake.path_of_entry(url)
        except ValueError as error:
            raise ManifestError(self.manifest_url, str(error)) from None


def _label(table: str, name: str) -> str:
    return f"Batch {name}" if table == TRANSACTIONS.name else f"World {name}, table {table}"


def _is_batch_id(text: str) -> bool:
    try:
        return batch_id_of(execution_time_of(text)) == text
    except ValueError:
        return False
