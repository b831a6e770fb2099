"""Catalog plugin: batches of a table as Parquet parts with manifests."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar

from kedro.io import AbstractDataset, DatasetError

from txn_kedro.datasets.contracts import contract_of
from txn_kedro.lake import LazyBatch, commit, open_lake
from txn_kedro.results import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kedro_datasets._typing import TablePreview

    from txn_kedro.lake import BatchReference, Lake
    from txn_kedro.tables import Table


class ParquetBatchDataset(
    AbstractDataset["LazyBatch | Sequence[LazyBatch]", "dict[str, BatchReference]"]
):
    """``ParquetBatchDataset`` makes a batch of a table, writes it as Parquet parts, on all cores
    and in bounded memory, and commits it by a manifest, which it writes last and never overwrites.
    As ``PartitionedDataset`` does, it loads a dictionary of what can be read later: the ids of all
    committed batches in order, each with its ``BatchReference``. Calling a reference reads the
    manifest; its ``rows()`` are a lazy ``pyarrow.dataset.Dataset``, and ``read()`` gives all rows
    at once, once their parts are checked.

    Saving a batch that is committed already is an error if its configuration was another; if it was
    the same, only parts that are missing or damaged are written again. Saving a batch whose earlier
    run was cut off completes it to the same bytes.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        lake_orders:
          type: txn_kedro.datasets.ParquetBatchDataset
          filepath: s3://my-bucket/lake
          credentials: lake
          contract: my_project.tables.ORDERS
          save_args:
            compression: zstd
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> import pyarrow as pa
        >>> from txn_kedro.datasets import ParquetBatchDataset
        >>> from txn_kedro.lake import LazyBatch
        >>>
        >>> orders = ParquetBatchDataset(
        ...     filepath=str(tmp_path / "lake"),
        ...     table_name="orders",
        ...     contract={
        ...         "batch_column": "batch_id",
        ...         "columns": [
        ...             {"name": "order_id", "type": "BIGINT"},
        ...             {"name": "batch_id", "type": "VARCHAR(16)", "repeats": True},
        ...         ],
        ...     },
        ... )
        >>> rows = pa.table({"order_id": [1, 2, 3]})
        >>> orders.save(LazyBatch("20261122", parts=[lambda: [rows]]))
        >>> batches = orders.load()
        >>> list(batches)
        ['20261122']
        >>> batches["20261122"]().manifest.volume.rows
        3
        >>> batches["20261122"].rows().count_rows()
        3

    """

    DEFAULT_SAVE_ARGS: ClassVar[dict[str, Any]] = {}
    DEFAULT_FS_ARGS: ClassVar[dict[str, Any]] = {}
    # Threads do the work, and a batch that is not made yet cannot cross to another process.
    _SINGLE_PROCESS = True

    def __init__(
        self,
        *,
        filepath: str,
        contract: str | dict[str, Any],
        table_name: str | None = None,
        save_args: dict[str, Any] | None = None,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``ParquetBatchDataset``.

        Args:
            filepath: Root of the lake: a folder, or a URL such as ``s3://bucket/prefix``. Many
                tables may share a lake.
            contract: The table's contract: import path of a ``txn_kedro.tables.Table``, or of a
                module that holds the table ``table_name``; or a dictionary of ``columns`` and the
                other attributes of ``Table``.
            table_name: Name of the table; only needed if ``contract`` does not name one table.
            save_args: Arguments of ``pyarrow.parquet.ParquetWriter``, such as ``compression``.
            credentials: Options of the filesystem that are secret, such as ``key`` and ``secret``
                of ``s3fs.S3FileSystem``.
            fs_args: Further options of the filesystem, such as ``client_kwargs``.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.

        Raises:
            DatasetError: The contract or the path is not usable.
        """
        self._table = contract_of(contract, table_name)
        if self._table.batch_column is None:
            msg = f"contract: {self._table.name} has no batch_column, so it takes no batches."
            raise DatasetError(msg)
        self._filepath = filepath
        self._save_args = {**self.DEFAULT_SAVE_ARGS, **(save_args or {})}
        self._fs_args = {**self.DEFAULT_FS_ARGS, **(fs_args or {})}
        self._lake = open_lake(filepath, deepcopy(credentials), deepcopy(self._fs_args))
        self.metadata = metadata

    @property
    def table(self) -> Table:
        """The table's contract."""
        return self._table

    @property
    def lake(self) -> Lake:
        """The lake that the batches are in."""
        return self._lake

    def load(self) -> dict[str, BatchReference]:
        """Ids of the committed batches in order, each with the reference to its newest revision."""
        return {batch.name.batch_id: batch for batch in self._lake.batches(self._table)}

    def save(self, data: LazyBatch | Sequence[LazyBatch]) -> None:
        """Make the rows of a batch, or of several, write them, and commit them.

        Args:
            data: What to commit; of several, each is committed by itself, in their order.

        Raises:
            BatchConflict: The batch is committed already, with another configuration.
            FilesRefused: It is committed, a part is damaged, and cannot be made again.
            ManifestError: It is committed, but its manifest is broken.
            RowsRefused: Its rows do not keep the contract.
        """
        batches = [data] if isinstance(data, LazyBatch) else data
        for batch in batches:
            if not isinstance(batch, LazyBatch):
                msg = (
                    f"The lake takes a txn_kedro.lake.LazyBatch of {self._table.name}, or a list "
                    f"of them, got a {type(batch).__name__}."
                )
                raise DatasetError(msg)
        for batch in batches:
            tell(commit(self._lake, self._table, batch, self._save_args))

    def preview(self, nrows: int = 20) -> TablePreview:
        """The first rows of the newest batch, for Kedro-Viz."""
        from kedro_datasets._typing import TablePreview  # noqa: PLC0415  for Kedro-Viz only

        newest = next(reversed(self.load().values()), None)
        head = newest.rows().head(nrows) if newest else self._table.arrow_schema.empty_table()
        return TablePreview(head.to_pandas().astype(str).to_dict(orient="split"))

    def _describe(self) -> dict[str, Any]:
        return {
            "filepath": self._filepath,
            "table_name": self._table.name,
            "save_args": self._save_args,
        }

    def _exists(self) -> bool:
        return bool(self._lake.batches(self._table))
