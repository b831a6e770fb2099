"""What killed runs have left in a lake: parts that no manifest commits, and drafts."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from txn_kedro.lake.folder import FolderLake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from txn_kedro.lake.base import Lake

logger = logging.getLogger(__name__)

BATCHES, MANIFESTS = "transactions", "manifests"
_PART = re.compile(r"(transactions_\d{8}T\d{6}Z)_part-\d{4}\.parquet")
_DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")
_RECENT = 2


def leftovers(lake: Lake, folder: str) -> list[str]:
    """Paths of a date's folder that no manifest commits, and drafts of that date's manifests.

    Parts are listed before manifests, so a batch that is committed meanwhile is not among them.
    """
    names = lake.names(folder)
    manifests = lake.names(MANIFESTS)
    committed = {name.removesuffix(".json") for name in manifests}
    parts = [
        f"{folder}/{name}"
        for name in names
        if _DRAFT.fullmatch(name) or ((part := _PART.fullmatch(name)) and part[1] not in committed)
    ]
    drafts = [
        f"{MANIFESTS}/{name}"
        for name in manifests
        if (draft := _DRAFT.fullmatch(name)) and _folder_of(lake, draft[1]) == folder
    ]
    return parts + drafts


def world_leftovers(lake: Lake, folder: str) -> list[str]:
    """Paths of a world's folder that no manifest commits, and drafts."""
    names = lake.names(folder)
    manifests = set(lake.names(folder))
    return [
        f"{folder}/{name}"
        for name in names
        if _DRAFT.fullmatch(name)
        or (name.endswith(".parquet") and f"{name.removesuffix('.parquet')}.json" not in manifests)
    ]


def _folder_of(lake: Lake, manifest: str) -> str | None:
    """The date's folder of the batch that a manifest is of."""
    try:
        return lake.part_folder(manifest.removeprefix("transactions_").removesuffix(".json"))
    except ValueError:
        return None


def date_folders(lake: Lake) -> Iterator[str]:
    """Folders of the dates that have parts, the newest first."""
    for name in reversed(lake.names(BATCHES)):
        if name.startswith("date="):
            yield f"{BATCHES}/{name}"


def remove_unowned(lake: Lake, own: str) -> None:
    """Remove what killed runs have left, where nobody can be writing: in a folder only.

    A run holds the lock of its date's folder from its first part until its manifest, so what has no
    manifest while the lock is ours belongs to nobody. Looks at few folders: that of this run,
    whose lock it holds, and the newest others.

    Args:
        lake: The lake.
        own: The folder whose lock this run holds.
    """
    if not isinstance(lake, FolderLake):
        return
    _remove(lake, leftovers(lake, own))
    others = [folder for folder in date_folders(lake) if folder != own]
    for folder in others[:_RECENT]:
        with lake.if_free(folder) as free:
            if free:
                _remove(lake, leftovers(lake, folder))


def _remove(lake: Lake, paths: list[str]) -> None:
    for path in paths:
        lake.remove(path)
    if paths:
        where = lake.url(paths[0]).rpartition("/")[0]
        logger.info("Removed %d file(s) of unfinished batches from %s", len(paths), where)
