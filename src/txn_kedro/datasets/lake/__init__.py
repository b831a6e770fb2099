"""The lake: where parts and manifests are, in a folder or on S3."""

from txn_kedro.datasets.lake.base import BatchReference, Lake, LakeFiles
from txn_kedro.datasets.lake.folder import FolderLake
from txn_kedro.datasets.lake.open import open_lake
from txn_kedro.datasets.lake.s3 import ObjectLake

__all__ = ["BatchReference", "FolderLake", "Lake", "LakeFiles", "ObjectLake", "open_lake"]
