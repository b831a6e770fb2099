"""Which lake a path or a URL names: the one place that reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError
from kedro.io.core import get_protocol_and_path

from txn_kedro.lake.folder import FolderLake
from txn_kedro.lake.s3 import ObjectLake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from txn_kedro.lake.base import Lake

_ALIASES_OF_S3 = {"s3a", "s3n"}


def open_lake(
    filepath: str,
    credentials: Mapping[str, Any] | None = None,
    fs_args: Mapping[str, Any] | None = None,
) -> Lake:
    """The lake at a folder or an ``s3://`` URL.

    Args:
        filepath: Its root. ``~`` is the home folder; empty segments of a URL do not count, so that
            ``s3://bucket//lake/`` is ``s3://bucket/lake``.
        credentials: Options of the fsspec filesystem that are secret.
        fs_args: Further options of the fsspec filesystem.

    Raises:
        DatasetError: It names no lake.
    """
    if not isinstance(filepath, str) or not filepath.strip():
        raise _unusable(filepath, "it is empty")
    options = {**(fs_args or {}), **(credentials or {})}
    if re.search(r"(^|/)s3[an]?:/(?!/)", filepath):
        raise _unusable(filepath, "a URL has two slashes after its colon")
    protocol, path = get_protocol_and_path(filepath)
    if protocol == "file":
        return FolderLake("file", str(Path(path).expanduser().absolute()), options)
    return ObjectLake("s3" if protocol in _ALIASES_OF_S3 else protocol, _root(filepath), options)


def _root(url: str) -> str:
    """Bucket and prefix of a URL."""
    bucket, *rest = url.partition("://")[2].split("/")
    if not bucket:
        raise _unusable(url, "it names no bucket")
    segments = [bucket, *filter(None, rest)]
    if {".", ".."} & set(segments):
        raise _unusable(url, "a segment of it is . or .., which S3 takes as a name")
    root = "/".join(segments)
    if re.search(r"[\\\x00-\x1f\x7f]", root):
        raise _unusable(url, "it has a backslash or a control character")
    return root


def _unusable(filepath: object, problem: str) -> DatasetError:
    return DatasetError(
        f"The lake cannot be at {filepath!r}: {problem}. Expected a folder, or a URL such as "
        "s3://my-bucket/lake."
    )
