"""Which kind of lake a path means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.io.core import get_protocol_and_path

from txn_kedro.datasets.lake.folder import FolderLake
from txn_kedro.datasets.lake.s3 import ObjectLake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txn_kedro.datasets.lake.base import Lake


def open_lake(
    filepath: str,
    credentials: Mapping[str, Any] | None = None,
    fs_args: Mapping[str, Any] | None = None,
) -> Lake:
    """The lake at a folder or an ``s3://`` URL.

    Args:
        filepath: Its root.
        credentials: Options of the fsspec filesystem that are secret.
        fs_args: Further options of the fsspec filesystem.
    """
    protocol, path = get_protocol_and_path(filepath)
    kind = FolderLake if protocol == "file" else ObjectLake
    return kind(protocol, path, {**(fs_args or {}), **(credentials or {})})
