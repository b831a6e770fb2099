"""Catalog plugin: batches of transactions as Parquet parts with a manifest."""

from __future__ import annotations

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar

from kedro.io import AbstractDataset, DatasetError

from txn_kedro.lake import open_lake
from txn_kedro.lake.errors import BatchConflict, FilesRefused
from txn_kedro.lake.leftovers import remove_unowned
from txn_kedro.lake.manifest import Manifest
from txn_kedro.lake.outcomes import AlreadyCommitted, Committed
from txn_kedro.lake.parquet import write_parquet
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.terminal import bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa
    from kedro_datasets._typing import TablePreview

    from txn_kedro.lake import BatchReference, Lake, LakeFiles
    from txn_kedro.lake.manifest import Part
    from txn_kedro.synthesis.batch import Part as PlannedPart
    from txn_kedro.synthesis.transactions import Batch, Synthesiser

logger = logging.getLogger(__name__)


class ParquetBatchDataset(AbstractDataset["Batch", "dict[str, BatchReference]"]):
    """``ParquetBatchDataset`` saves a batch of transactions as Parquet parts, on all cores and
    in bounded memory, and commits it by a manifest, which it writes last and never overwrites.
    As ``PartitionedDataset`` does, it loads a dictionary of what can be read later: the ids of all
    committed batches in time order, each with its ``BatchReference``. Calling a reference reads the
    manifest; its ``rows()`` are a lazy ``pyarrow.dataset.Dataset``.

    Saving a batch that is committed already is an error if its settings were others; if they were
    the same, only parts that are missing or damaged are written again. Saving a batch whose earlier
    run was cut off completes it to the same bytes.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        batches:
          type: txn_kedro.datasets.ParquetBatchDataset
          filepath: s3://my-bucket/lake
          credentials: lake
          save_args:
            compression: zstd
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> from txn_kedro.datasets import ParquetBatchDataset
        >>> from txn_kedro.synthesis.examples import small_batch
        >>>
        >>> dataset = ParquetBatchDataset(filepath=str(tmp_path / "lake"))
        >>> dataset.save(small_batch("2026-11-22T06:00:00Z", rows=1000))
        >>> batches = dataset.load()
        >>> list(batches)
        ['20261122T060000Z']
        >>> batches["20261122T060000Z"]().manifest.volume.rows
        1000
        >>> batches["20261122T060000Z"].rows().count_rows()
        1000

    """

    DEFAULT_SAVE_ARGS: ClassVar[dict[str, Any]] = {}
    DEFAULT_FS_ARGS: ClassVar[dict[str, Any]] = {}
    # Threads do the work, and a batch that is not made yet cannot cross to another process.
    _SINGLE_PROCESS = True

    def __init__(
        self,
        *,
        filepath: str,
        save_args: dict[str, Any] | None = None,
        credentials: dict[str, Any] | None = None,
        fs_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Creates a new ``ParquetBatchDataset``.

        Args:
            filepath: Root of the lake: a folder, or a URL such as ``s3://bucket/prefix``.
            save_args: Arguments of ``pyarrow.parquet.ParquetWriter``, such as ``compression``.
                The part that they play in a batch's bytes is not in its manifest, so keep them
                the same for the life of a lake.
            credentials: Options of the filesystem that are secret, such as ``key`` and ``secret``
                of ``s3fs.S3FileSystem``.
            fs_args: Further options of the filesystem, such as ``client_kwargs``.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.
        """
        self._filepath = filepath
        self._save_args = {**self.DEFAULT_SAVE_ARGS, **(save_args or {})}
        self._fs_args = {**self.DEFAULT_FS_ARGS, **(fs_args or {})}
        self._lake = open_lake(filepath, deepcopy(credentials), deepcopy(self._fs_args))
        self.metadata = metadata
        self.outcome: Committed | AlreadyCommitted | None = None

    @property
    def lake(self) -> Lake:
        """The lake that the batches are in."""
        return self._lake

    def load(self) -> dict[str, BatchReference]:
        """Ids of the committed batches in time order, each with its reference."""
        return {reference.batch_id: reference for reference in self._lake.batches()}

    def save(self, data: Batch) -> None:
        """Make the batch's rows, write them, and commit them.

        Raises:
            BatchConflict: The batch is committed already, with other settings.
            FilesRefused: It is committed, a part is damaged, and cannot be made again.
            ManifestError: It is committed, but its manifest is broken.
        """
        batch_id = data.plan.batch_id
        folder = self._lake.part_folder(batch_id)
        with self._lake.exclusively(folder):
            try:
                if not self._lake.exists(self._lake.manifest_path(batch_id)):
                    self._write(data)
                else:
                    self._confirm(data)
                self._tidy(batch_id)
            finally:
                remove_unowned(self._lake, folder)

    def _write(self, batch: Batch) -> None:
        """Write all parts, then the manifest."""
        plan, begin = batch.plan, time.perf_counter()
        logger.info("Batch %s: %s transactions to come", plan.batch_id, f"{plan.rows:,}")
        parts = self._write_parts(batch)
        manifest = Manifest.of(
            TRANSACTIONS, plan.batch_id, parts, plan.world.fingerprint, plan.configuration
        )
        try:
            self._lake.create(self._lake.manifest_path(plan.batch_id), manifest.to_json())
        except FileExistsError:
            # On S3 another run may have committed the same batch meanwhile.
            self._confirm(batch)
            return
        seconds = time.perf_counter() - begin
        self.outcome = Committed(plan.batch_id, manifest.volume, seconds)
        logger.info("Batch %s: committed in %.1f s", plan.batch_id, seconds)

    def _confirm(self, batch: Batch) -> None:
        """Make sure that a committed batch is as it would be now; mend parts that are damaged."""
        files = self._lake.batch(batch.plan.batch_id)
        manifest = files.manifest
        if differences := _differences(manifest.configuration, batch.plan.configuration):
            raise BatchConflict(manifest.name, differences)
        files.check_columns(TRANSACTIONS)
        damaged = [number for number, fault in enumerate(files.faults()) if fault]
        if damaged:
            self._mend(batch, files, damaged)
        else:
            logger.info("Batch %s: committed before; nothing to write", manifest.name)
        self.outcome = AlreadyCommitted(manifest.name, manifest.volume)

    def _mend(self, batch: Batch, files: LakeFiles, damaged: list[int]) -> None:
        """Write damaged parts of a committed batch again."""
        synthesiser = batch.open()
        for planned in batch.plan.parts():
            if planned.number not in damaged:
                continue
            part, _ = self._write_part(batch.plan.batch_id, planned, synthesiser)
            if part != files.manifest.parts[planned.number]:
                problem = f"its part {part.url} was written again, but not to the same bytes"
                remedy = "Run it with the locked versions of the dependencies, as it was made."
                raise FilesRefused(files.label, problem, remedy)
            logger.info("Batch %s: part %d mended", batch.plan.batch_id, planned.number)

    def _tidy(self, batch_id: str) -> None:
        """Remove what runs that were cut off have left of this batch."""
        manifest = self._lake.manifest_path(batch_id)
        folder, _, name = manifest.rpartition("/")
        self._lake.tidy(folder, name, {name})
        paths = self._lake.batch(batch_id).paths
        self._lake.tidy(
            self._lake.part_folder(batch_id),
            f"transactions_{batch_id}_part-",
            {path.rpartition("/")[2] for path in paths},
        )

    def _write_parts(self, batch: Batch) -> list[tuple[Part, int]]:
        """Write all parts, several at a time; their order in the result is theirs in the batch."""
        planned = list(batch.plan.parts())
        synthesiser = batch.open()
        workers = min(batch.plan.parameters.workers or _cores(), len(planned))
        written: dict[int, tuple[Part, int]] = {}
        with (
            bar("Generating", batch.plan.rows) as advance,
            ThreadPoolExecutor(workers, thread_name_prefix="part") as pool,
        ):
            try:
                futures = {
                    pool.submit(
                        self._write_part, batch.plan.batch_id, part, synthesiser, advance
                    ): part.number
                    for part in planned
                }
                for future in as_completed(futures):
                    part, size = written[futures[future]] = future.result()
                    logger.info(
                        "Batch %s: part %d of %d, %s rows, %.1f MB",
                        batch.plan.batch_id,
                        len(written),
                        len(planned),
                        f"{part.row_count:,}",
                        size / 1e6,
                    )
            except BaseException as error:
                pool.shutdown(cancel_futures=True)
                if isinstance(error, RuntimeError) and "start new thread" in str(error):
                    raise DatasetError(_no_threads(batch.plan.batch_id, workers)) from error
                raise
        return [written[part.number] for part in planned]

    def _write_part(
        self,
        batch_id: str,
        part: PlannedPart,
        synthesiser: Synthesiser,
        advance: Callable[[int, int], None] = lambda _steps, _rows: None,
    ) -> tuple[Part, int]:
        return write_parquet(
            self._lake,
            self._lake.part_path(batch_id, part.number),
            TRANSACTIONS,
            _counted(map(synthesiser.shard, part.shards), advance),
            self._save_args,
        )

    def preview(self, nrows: int = 20) -> TablePreview:
        """The first rows of the newest batch, for Kedro-Viz."""
        from kedro_datasets._typing import TablePreview  # noqa: PLC0415  for Kedro-Viz only

        newest = next(reversed(self.load().values()), None)
        head = newest.rows().head(nrows) if newest else TRANSACTIONS.arrow_schema.empty_table()
        return TablePreview(head.to_pandas().astype(str).to_dict(orient="split"))

    def _describe(self) -> dict[str, Any]:
        return {
            "filepath": self._filepath,
            "save_args": self._save_args,
        }

    def _exists(self) -> bool:
        return bool(self._lake.batch_ids())


def _counted(
    shards: Iterable[pa.RecordBatch], advance: Callable[[int, int], None]
) -> Iterator[pa.RecordBatch]:
    """The same shards; each is reported once it is written."""
    for shard in shards:
        yield shard
        advance(shard.num_rows, shard.num_rows)


def _no_threads(batch_id: str, workers: int) -> str:
    return (
        f"Batch {batch_id}: the system refused one of {workers} threads; nothing was committed. "
        "Raise its limit (ulimit -u, or pids of the container), or ask for fewer: "
        "--params generation.workers=1"
    )


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _differences(
    committed: Mapping[str, Any], asked: Mapping[str, Any], path: str = ""
) -> list[str]:
    """What two configurations disagree on, a sentence each."""
    found: list[str] = []
    for key in sorted({*committed, *asked}):
        old, new = committed.get(key), asked.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found.extend(_differences(old, new, f"{path}{key}."))
        elif old != new:
            found.append(f"{path}{key} was {old!r}, now {new!r}")
    return found
