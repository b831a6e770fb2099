"""Turns errors of writing to the lake into one error of the project."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from txn_kedro.lake.errors import LakeWriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLIENTS = {"aiobotocore", "aiohttp", "botocore", "s3fs"}


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Turn what the system or the client of a store says into an error of ours.

    Raises:
        LakeWriteFailed: The file could not be written.
        FileExistsError: It is there, and was to be created.
    """
    try:
        yield
    except FileExistsError:
        raise
    except Exception as error:
        if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _CLIENTS:
            said = error.strerror if isinstance(error, OSError) else None
            raise LakeWriteFailed(url, said or str(error) or type(error).__name__) from error
        raise
