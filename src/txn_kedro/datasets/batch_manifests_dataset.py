"""Catalog plugin: the committed batches of a lake, by their manifests."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from txn_kedro.datasets.lake import open_lake

if TYPE_CHECKING:
    from txn_kedro.datasets.lake import BatchReference


class BatchManifestsDataset(AbstractDataset["NoReturn", "dict[str, BatchReference]"]):
    """``BatchManifestsDataset`` lists the committed batches of a lake. As ``PartitionedDataset``
    does, it loads a dictionary of functions: batch ids in time order, each with the function that
    reads the batch's manifest.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        batches@manifests:
          type: txn_kedro.datasets.BatchManifestsDataset
          filepath: s3://my-bucket/lake
          credentials: lake
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> from txn_kedro.datasets import BatchManifestsDataset, ParquetBatchDataset
        >>> from txn_kedro.synthesis.examples import small_batch
        >>>
        >>> lake = str(tmp_path / "lake")
        >>> ParquetBatchDataset(filepath=lake).save(small_batch("2026-11-22T06:00:00Z", rows=1000))
        >>> batches = BatchManifestsDataset(filepath=lake).load()
        >>> list(batches)
        ['20261122T060000Z']
        >>> batches["20261122T060000Z"]().manifest.volume.rows
        1000

    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``BatchManifestsDataset``.

        Args:
            filepath: Root of the lake: a folder, or a URL such as ``s3://bucket/prefix``.
            credentials: Options of the filesystem that are secret.
            fs_args: Further options of the filesystem.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.
        """
        self._filepath = filepath
        self._lake = open_lake(filepath, deepcopy(credentials), deepcopy(fs_args))
        self.metadata = metadata

    def load(self) -> dict[str, BatchReference]:
        """Batch ids in time order, each with the reference that reads its manifest when called."""
        return {reference.batch_id: reference for reference in self._lake.batches()}

    def save(self, data: NoReturn) -> NoReturn:
        """Refused: a manifest is written with its batch.

        Raises:
            DatasetError: Always.
        """
        msg = f"{type(self).__name__} is read-only: save a batch to its ParquetBatchDataset."
        raise DatasetError(msg)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}

    def _exists(self) -> bool:
        return bool(self._lake.batch_ids())
