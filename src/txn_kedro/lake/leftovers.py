"""Files that killed runs left in a lake: parts without a manifest, and drafts."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.lake.folder import FolderLake
from txn_kedro.lake.layout import MANIFESTS, BatchName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txn_kedro.lake.base import Lake

logger = logging.getLogger(__name__)

_DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")
_RECENT = 2


def leftovers(lake: Lake, folder: str) -> list[str]:
    """Paths of a folder of parts that no manifest commits, and drafts of its manifests.

    Parts are listed before manifests, so a batch that is committed meanwhile is not among them.
    The parts of a batch whose manifest is broken are kept.
    """
    names = lake.names(folder)
    manifests = lake.names(MANIFESTS)
    committed = {BatchName.of_manifest(name) for name in manifests}
    of_batch: dict[BatchName, list[str]] = {}
    drafts = []
    for name in names:
        if batch := BatchName.of_part(name):
            of_batch.setdefault(batch, []).append(f"{folder}/{name}")
        elif _DRAFT.fullmatch(name):
            drafts.append(f"{folder}/{name}")
    for batch, paths in of_batch.items():
        if batch in committed:
            with suppress(FilesRefused, ManifestError):
                owned = set(lake.batch(batch).part_paths)
                drafts += [path for path in paths if path not in owned]
        else:
            drafts += paths
    for name in manifests:
        if draft := _DRAFT.fullmatch(name):
            batch = BatchName.of_manifest(draft[1])
            if batch and batch.folder == folder:
                drafts.append(f"{MANIFESTS}/{name}")
    return drafts


def part_folders(lake: Lake) -> Iterator[str]:
    """Folders that have parts, of each table the newest date first."""
    for table in lake.names(""):
        if re.fullmatch("[a-z][a-z0-9_]*", table) and table not in {MANIFESTS, "world"}:
            names = lake.names(table)
            yield from (f"{table}/{name}" for name in reversed(names) if name.startswith("date="))
            if not all(name.startswith("date=") for name in names):
                yield table


def remove_unowned(lake: Lake, own: str) -> None:
    """Remove files that killed runs left; on S3, where another run may write them, do nothing.

    A run holds the lock of its folder of parts from its first part until its manifest. So if this
    run holds the lock, parts without a manifest belong to no running process. Looks at this run's
    folder and at the newest others of the table.

    Args:
        lake: The lake.
        own: The folder whose lock this run holds.
    """
    if not isinstance(lake, FolderLake):
        return
    _remove(lake, leftovers(lake, own))
    table = own.partition("/")[0]
    dates = [f"{table}/{name}" for name in lake.names(table) if name.startswith("date=")]
    for folder in [folder for folder in reversed(dates) if folder != own][:_RECENT]:
        with lake.if_free(folder) as free:
            if free:
                _remove(lake, leftovers(lake, folder))


def _remove(lake: Lake, paths: list[str]) -> None:
    for path in paths:
        lake.remove(path)
    if paths:
        where = lake.url(paths[0]).rpartition("/")[0]
        logger.info("Removed %d file(s) of unfinished batches from %s", len(paths), where)
