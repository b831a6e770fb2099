"""Folders that one run at a time writes to, and files that only one run creates."""

from __future__ import annotations

import fcntl
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kedro.io import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is created if it is missing, while the block lasts.

    If the process is killed, its lock ends with it.

    Raises:
        DatasetError: The filesystem has no locks for folders.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_if_free(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder while the block lasts, unless somebody else does.

    Nothing may remove a folder that is locked so: another run may be waiting for its lock.

    Yields:
        Whether the lock is held.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("Waiting for another run that writes to %s", folder)
            fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        msg = (
            f"The folder {folder} cannot be locked ({error.strerror}), so two runs could damage "
            "each other's files there. Network mounts often lack such locks: use a folder of a "
            "local disk, or S3."
        )
        raise DatasetError(msg) from error


def publish(draft: Path, final: Path, lock: Path) -> None:
    """Give a complete file its final name, unless a file has that name.

    A hard link would do this in one step, but not every filesystem has hard links.

    Args:
        draft: The file.
        final: Its name to be, on the same filesystem.
        lock: Folder that everybody who publishes this file locks.

    Raises:
        FileExistsError: A file has that name; it stays as it was.
    """
    with locked(lock):
        if final.exists():
            raise FileExistsError(final)
        draft.replace(final)
