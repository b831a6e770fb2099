"""The lake: where parts and manifests are, in a folder or on S3."""

from txn_kedro.lake.base import BatchReference, Lake, LakeFiles
from txn_kedro.lake.commit import commit
from txn_kedro.lake.folder import FolderLake
from txn_kedro.lake.layout import BatchName
from txn_kedro.lake.lazy_batch import LazyBatch
from txn_kedro.lake.open import open_lake
from txn_kedro.lake.s3 import ObjectLake

__all__ = [
    "BatchName",
    "BatchReference",
    "FolderLake",
    "Lake",
    "LakeFiles",
    "LazyBatch",
    "ObjectLake",
    "commit",
    "open_lake",
]
