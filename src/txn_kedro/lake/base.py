"""The base class of lakes: its id, reading, and the files that a manifest commits."""

from __future__ import annotations

import json
import re
import secrets
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

import fsspec
from kedro.io import DatasetError

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.lake.layout import LAKE_FILE, MANIFESTS, BatchName
from txn_kedro.lake.manifest import Manifest, digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa
    import pyarrow.dataset as ds

    from txn_kedro.tables import Table


class Lake(ABC):
    """How to read a lake; each kind of store adds how to write it safely.

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
            ValueError: The path is outside the lake.
        """

    @abstractmethod
    def write(self, path: str) -> AbstractContextManager[IO[bytes]]:
        """Open a binary file that appears, complete, only if the block succeeds."""

    @abstractmethod
    def create(self, path: str, content: bytes) -> None:
        """Create a file atomically, and only if it does not exist.

        Raises:
            FileExistsError: The file exists.
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
        """Return how a part differs from its manifest, or None."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return bool(self.filesystem.exists(self._full(path)))

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        return cast("bytes", self.filesystem.cat_file(self._full(path)))

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.filesystem.rm_file(self._full(path))

    def remove_folder(self, folder: str) -> None:
        """Remove a folder with all that is in it, if it is there."""
        with suppress(FileNotFoundError):
            self.filesystem.rm(self._full(folder), recursive=True)

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

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    # Contents

    def lake_id(self) -> str:
        """Return the lake's id, which is stored in the lake, so that a moved lake keeps it.

        A lake without an id gets one.

        Raises:
            DatasetError: The file that holds it is broken.
            LakeWriteFailed: There is no id yet, and none could be written.
        """
        try:
            return self._stored_id()
        except (FileNotFoundError, NotADirectoryError):
            content = json.dumps({"lake_id": secrets.token_hex(8)}).encode() + b"\n"
            # Another run may have written one meanwhile.
            with suppress(FileExistsError):
                self.create(LAKE_FILE, content)
            return self._stored_id()

    def _stored_id(self) -> str:
        content = self.read(LAKE_FILE)
        try:
            stored = json.loads(content)["lake_id"]
        except (ValueError, KeyError, TypeError):
            stored = None
        if not isinstance(stored, str) or re.fullmatch("[0-9A-Za-z-]{1,64}", stored) is None:
            msg = (
                f'{self.url(LAKE_FILE)} is broken: expected {{"lake_id": "…"}} with 1 to 64 '
                "letters, digits and hyphens. Put back the id that the warehouse has for this lake "
                "in load_ledger.lake_id; if nothing of it was ever loaded, delete the file."
            )
            raise DatasetError(msg)
        return stored

    def batches(self, table: Table) -> list[BatchReference]:
        """Return references to the committed batches of a table, each in its newest revision.

        Returns:
            The references, ordered by batch id, which is by time.

        Raises:
            DatasetError: As ``lake_id``.
        """
        newest: dict[str, tuple[int, str]] = {}
        for file_name, version in self.versions(MANIFESTS).items():
            name = BatchName.of_manifest(file_name)
            if name and name.table == table.name:
                found = (name.revision, version)
                newest[name.batch_id] = max(found, newest.get(name.batch_id, found))
        lake_id = self.lake_id() if newest else ""
        return [
            BatchReference(self, lake_id, table, BatchName(table.name, batch_id, revision), version)
            for batch_id, (revision, version) in sorted(newest.items())
        ]

    def is_committed(self, name: BatchName) -> bool:
        """Return whether a batch has a manifest in this revision."""
        return self.exists(name.manifest_path)

    def batch(self, name: BatchName) -> LakeFiles:
        """The files of a committed batch.

        Raises:
            ManifestError: Its manifest is broken, or is another batch's.
            FilesRefused: Its manifest is missing, or cannot be read.
        """
        url = self.url(name.manifest_path)
        try:
            content = self.read(name.manifest_path)
        except FileNotFoundError:
            remedy = "Make the batch again as it was made: the same settings give the same bytes."
            raise FilesRefused(str(name), f"its manifest {url} is missing", remedy) from None
        except OSError as error:
            problem = f"its manifest {url} cannot be read ({error})"
            remedy = "Make sure that you may read it, then run again."
            raise FilesRefused(str(name), problem, remedy) from error
        manifest = Manifest.from_json(content, url)
        if manifest.name != name:
            raise ManifestError(url, f"it is of {_inner(manifest.name)}, expected {_inner(name)}")
        files = LakeFiles(self, manifest, url, digest(content))
        files.check_paths()
        return files


def _inner(name: BatchName) -> str:
    """A batch within a sentence."""
    return str(name).replace("Batch", "batch", 1)


@dataclass(frozen=True)
class BatchReference:
    """A committed batch whose manifest was listed; calling it reads the manifest.

    Attributes:
        lake: Where it is.
        lake_id: Name of the lake.
        table: Contract of its table, as it is today.
        name: The batch, in its newest revision.
        version: What changes when its manifest does: the ETag, or in a folder size and time.
    """

    lake: Lake
    lake_id: str
    table: Table
    name: BatchName
    version: str

    def __call__(self) -> LakeFiles:
        """The files of the batch.

        Raises:
            ManifestError: Its manifest is broken, or is another batch's.
            FilesRefused: Its manifest is missing, or cannot be read.
        """
        return replace(
            self.lake.batch(self.name),
            lake_id=self.lake_id,
            manifest_version=self.version,
            remake=self._remake,
        )

    @property
    def _remake(self) -> str | None:
        """Return the command that writes the batch again."""
        if self.table.remake is None:
            return None
        return self.table.remake.format(batch_id=self.name.batch_id, revision=self.name.revision)

    def rows(self) -> ds.Dataset:
        """The rows of the batch, read as they are asked for, with the columns of the contract.

        Raises:
            ManifestError: As calling it.
            FilesRefused: As calling it.
        """
        import pyarrow.dataset as ds  # noqa: PLC0415  a load needs the manifest only

        return ds.dataset(
            self().paths,
            schema=self.table.arrow_schema,
            format="parquet",
            filesystem=self.lake.filesystem,
        )

    def read(self) -> pa.Table:
        """All rows of the batch, once its parts are known to be those of the manifest.

        Raises:
            ManifestError: As calling it.
            FilesRefused: As calling it; or a part is missing, or was altered.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415  a load needs the manifest only

        files = self()
        files.check()
        # Without threads of its own: it waits for ever for one that the system refuses.
        return pq.read_table(
            files.paths,
            schema=self.table.arrow_schema,
            filesystem=self.lake.filesystem,
            use_threads=False,
            pre_buffer=False,
        )


@dataclass(frozen=True)
class LakeFiles:
    """Parquet files that a manifest has committed.

    Attributes:
        lake: Where they are.
        manifest: What they are.
        manifest_url: Where their manifest is.
        manifest_sha256: Of the manifest's bytes, in hex.
        lake_id: Name of the lake; empty if it was not asked for.
        manifest_version: Of the manifest when it was listed; None if it was not.
        remake: Command that makes the batch again; None if it is not known.
    """

    lake: Lake
    manifest: Manifest
    manifest_url: str
    manifest_sha256: str
    lake_id: str = ""
    manifest_version: str | None = None
    remake: str | None = None

    @property
    def label(self) -> str:
        """The batch's name in messages."""
        return str(self.manifest.name)

    @property
    def paths(self) -> list[str]:
        """Paths of the parts within the lake's filesystem."""
        return [f"{self.lake.root}/{path}" for path in self.part_paths]

    @property
    def part_paths(self) -> list[str]:
        """Paths of the parts within the lake."""
        return [self._path(entry.url) for entry in self.manifest.entries]

    def check(self) -> None:
        """Make sure that the parts are those of the manifest.

        Raises:
            FilesRefused: A part is missing, or was altered.
        """
        for fault in self.faults():
            if fault:
                raise FilesRefused(self.label, fault, self._regenerate)

    def faults(self) -> Iterator[str | None]:
        """Yield for each part what is wrong with it, or None."""
        for entry, part in zip(self.manifest.entries, self.manifest.parts, strict=True):
            path, size = self._path(entry.url), entry.meta.content_length
            try:
                yield self.lake.fault_of_part(path, size, part.sha256, part.etag)
            except OSError as error:
                yield f"its part {self.lake.url(path)} cannot be read ({error})"

    def check_paths(self) -> None:
        """Make sure that the manifest lists the parts of its batch and nothing else.

        Raises:
            ManifestError: It does not.
        """
        numbers = range(len(self.manifest.parts))
        name, found = self.manifest.name, self.part_paths
        if found != [self.manifest.origin.part_path(number) for number in numbers] and found != [
            name.version_1_part_path(number) for number in numbers
        ]:
            problem = f"its entries are not the parts of {_inner(name)}"
            raise ManifestError(self.manifest_url, problem)

    @property
    def _regenerate(self) -> str:
        """Return how to write the same bytes again."""
        again = f"run: {self.remake}" if self.remake else "make the batch again"
        return (
            f"To repair it, {again} with the settings that {self.manifest_url} lists under "
            "configuration: they give the same bytes."
        )

    def _path(self, url: str) -> str:
        try:
            return self.lake.path_of_entry(url)
        except ValueError as error:
            raise ManifestError(self.manifest_url, str(error)) from None
