"""The lake: where parts and manifests lie, in a folder or on S3."""

from txn_kedro.datasets.lake.base import Lake, LakeFiles
from txn_kedro.datasets.lake.folder import FolderLake
from txn_kedro.datasets.lake.open import open_lake
from txn_kedro.datasets.lake.s3 import ObjectLake

__all__ = ["FolderLake", "Lake", "LakeFiles", "ObjectLake", "open_lake"]
