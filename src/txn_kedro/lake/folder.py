"""A lake in a folder."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from txn_kedro.lake.base import Lake
from txn_kedro.lake.exclusive import locked, locked_if_free, publish
from txn_kedro.lake.writing import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

_READ_BYTES = 1 << 20


class FolderLake(Lake):
    """A lake in a folder. Parts are checked by their SHA-256, and urls are relative to it."""

    def url(self, path: str) -> str:
        return self._full(path)

    def entry_url(self, path: str) -> str:
        return path

    def path_of_entry(self, url: str) -> str:
        if "://" in url or Path(url).is_absolute() or ".." in Path(url).parts:
            msg = f"{url} lies outside the lake {self.root}"
            raise ValueError(msg)
        return url

    @contextmanager
    def exclusively(self, folder: str) -> Iterator[None]:
        with ExitStack() as stack:
            with writing(self.url(folder)):
                stack.enter_context(locked(Path(self._full(folder))))
            yield

    def if_free(self, folder: str) -> AbstractContextManager[bool]:
        return locked_if_free(Path(self._full(folder)))

    @contextmanager
    def write(self, path: str) -> Iterator[IO[bytes]]:
        with writing(self.url(path)), self._draft(path) as (file, draft, final):
            yield file
            _flush_to_disk(file)
            draft.replace(final)

    def create(self, path: str, content: bytes) -> None:
        with writing(self.url(path)), self._draft(path) as (file, draft, final):
            file.write(content)
            _flush_to_disk(file)
            publish(draft, final, lock=Path(self.root))

    @contextmanager
    def _draft(self, path: str) -> Iterator[tuple[IO[bytes], Path, Path]]:
        """A hidden file beside the final one, open for writing, removed in the end."""
        final = Path(self._full(path))
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
        draft = final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")
        try:
            with draft.open("wb") as file:
                yield file, draft, final
        finally:
            draft.unlink(missing_ok=True)

    def etag(self, path: str) -> None:
        return None

    def version_of(self, info: Mapping[str, Any]) -> str:
        return f"{info['size']} bytes, {info['mtime']:.6f}"

    def fault_of_part(self, path: str, size: int, sha256: str, etag: str | None) -> str | None:
        file = Path(self._full(path))
        if etag is not None:
            return f"its part {file} has the ETag {etag!r} in its manifest, as only S3 gives one"
        if not file.is_file():
            return f"its part {file} is missing"
        found = file.stat().st_size
        if found != size:
            return f"its part {file} has {found:,} bytes, its manifest promises {size:,}"
        digest = hashlib.sha256()
        with file.open("rb") as content:
            while chunk := content.read(_READ_BYTES):
                digest.update(chunk)
        if digest.hexdigest() != sha256:
            return f"its part {file} was altered: its SHA-256 is not the manifest's"
        return None


def _flush_to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
