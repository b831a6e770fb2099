"""Generate a batch's rows, write them as parts, and commit them with a manifest, written last."""

from __future__ import annotations

import json
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError

from txn_kedro.lake.errors import BatchConflict, FilesRefused
from txn_kedro.lake.layout import BatchName
from txn_kedro.lake.lazy_batch import Conforming
from txn_kedro.lake.leftovers import remove_unowned
from txn_kedro.lake.manifest import Manifest, Origin, Schema
from txn_kedro.lake.parquet import write_parquet
from txn_kedro.results import AlreadyCommitted, Committed
from txn_kedro.terminal import bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from txn_kedro.lake.base import Lake, LakeFiles
    from txn_kedro.lake.lazy_batch import LazyBatch
    from txn_kedro.lake.manifest import Part
    from txn_kedro.tables import Table

logger = logging.getLogger(__name__)


def commit(
    lake: Lake, table: Table, batch: LazyBatch, save_args: Mapping[str, Any]
) -> Committed | AlreadyCommitted:
    """Commit a batch, unless the lake has it.

    Args:
        lake: The lake to write to.
        table: Contract of its table.
        batch: The batch to commit.
        save_args: Arguments of the Parquet writer.

    Raises:
        BatchConflict: The batch is committed already, with other settings.
        FilesRefused: It is committed, a part is damaged, and cannot be made again.
        ManifestError: It is committed, but its manifest is broken.
        RowsRefused: Its rows do not keep the contract.
        DatasetError: It cannot be a batch of this lake, or its revision is not the next.
    """
    return _Commit(lake, table, batch, save_args)()


class _Commit:
    def __init__(
        self, lake: Lake, table: Table, batch: LazyBatch, save_args: Mapping[str, Any]
    ) -> None:
        try:
            self._name = BatchName(table.name, batch.batch_id, batch.revision)
        except ValueError as error:
            raise DatasetError(str(error)) from error
        if not batch.parts:
            msg = f"{self._name} has no parts. Expected one function or more in LazyBatch.parts."
            raise DatasetError(msg)
        self._lake = lake
        self._table = table
        self._batch = batch
        self._configuration = self._plain(batch.configuration)
        self._save_args = save_args
        self._conforming = Conforming(table, batch.batch_id, str(self._name))
        self._origin = Origin(
            self._name,
            Schema.of(table.columns),
            batch.generator_version,
            self._configuration,
            self._plain(save_args),
        )

    def _plain(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings as a manifest stores them.

        Raises:
            DatasetError: JSON cannot hold them.
        """
        try:
            plain: dict[str, Any] = json.loads(json.dumps(dict(settings), allow_nan=False))
        except (TypeError, ValueError) as error:
            msg = (
                f"{self._name}: its manifest cannot hold its settings ({error}). Expected texts, "
                "numbers, true, false, null, lists and dictionaries."
            )
            raise DatasetError(msg) from error
        return plain

    def __call__(self) -> Committed | AlreadyCommitted:
        self._lake.lake_id()
        with self._lake.exclusively(self._name.folder):
            try:
                if self._lake.is_committed(self._name):
                    return self._confirm()
                self._check_revision()
                return self._write()
            finally:
                remove_unowned(self._lake, self._name.folder)

    def _check_revision(self) -> None:
        """Check that the previous revision is committed.

        Raises:
            DatasetError: It is not committed.
        """
        if self._batch.revision == 1:
            return
        before = BatchName(self._name.table, self._name.batch_id, self._name.revision - 1)
        if not self._lake.is_committed(before):
            msg = (
                f"{self._name} cannot be committed: revision {before.revision} is not in the lake "
                f"{self._lake.url('')}. Ask for that first; a batch without corrections is "
                "revision 1."
            )
            raise DatasetError(msg)

    def _write(self) -> Committed | AlreadyCommitted:
        """Write all parts, then the manifest."""
        begin = time.perf_counter()
        if self._batch.rows is not None:
            logger.info("%s: generating %s rows", self._name.in_short, f"{self._batch.rows:,}")
        manifest = Manifest.of(self._origin, self._write_parts())
        try:
            self._lake.create(self._name.manifest_path, manifest.to_json())
        except FileExistsError:
            # On S3 another run may have committed the same batch meanwhile.
            return self._confirm()
        seconds = time.perf_counter() - begin
        rows, name = f"{manifest.volume.rows:,}", self._name
        logger.info("%s: %s rows committed in %.1f s", name.in_short, rows, seconds)
        return Committed(name.table, name.batch_id, name.revision, manifest.volume, seconds)

    def _confirm(self) -> AlreadyCommitted:
        """Check that a committed batch is the one that is asked for, and repair damaged parts."""
        files = self._lake.batch(self._name)
        manifest = files.manifest
        if differences := _differences(manifest.configuration, self._configuration):
            raise BatchConflict(str(self._name), differences, self._free_revision())
        damaged = [number for number, fault in enumerate(files.faults()) if fault]
        if damaged:
            self._repair(files, damaged)
        else:
            logger.info("%s: committed before; nothing to write", self._name.in_short)
        name = self._name
        return AlreadyCommitted(name.table, name.batch_id, name.revision, manifest.volume)

    def _free_revision(self) -> int:
        revision = self._name.revision + 1
        while self._lake.is_committed(BatchName(self._name.table, self._name.batch_id, revision)):
            revision += 1
        return revision

    def _repair(self, files: LakeFiles, damaged: list[int]) -> None:
        """Write damaged parts of a committed batch again."""
        committed, numbers = files.manifest.origin, range(len(self._batch.parts))
        if files.part_paths != [self._origin.part_path(number) for number in numbers]:
            problem = (
                f"{len(damaged)} of its parts are missing or damaged, and this version of the "
                f"project would write others: {_versions(committed, self._origin)}"
            )
            remedy = "Repair it with the version and the save_args that wrote it."
            raise FilesRefused(files.label, problem, remedy)
        for number in damaged:
            part, _ = self._write_part(number)
            if part != files.manifest.parts[number]:
                problem = f"its part {part.url} was written again, but not to the same bytes"
                remedy = "Run it with the locked versions of the dependencies, as it was made."
                raise FilesRefused(files.label, problem, remedy)
            logger.info("%s: part %d repaired", self._name.in_short, number)

    def _write_parts(self) -> list[tuple[Part, int]]:
        """Write all parts in parallel, and return them in order."""
        count = len(self._batch.parts)
        workers = min(self._batch.workers or _cores(), count)
        written: dict[int, tuple[Part, int]] = {}
        with (
            bar(f"Making {self._table.name}", self._batch.rows) as advance,
            ThreadPoolExecutor(workers, thread_name_prefix="part") as pool,
        ):
            try:
                futures = {
                    pool.submit(self._write_part, number, advance): number
                    for number in range(count)
                }
                for future in as_completed(futures):
                    part, _ = written[futures[future]] = future.result()
                    if count > 1:
                        logger.info(
                            "%s: part %d of %d, %s rows",
                            self._name.in_short,
                            len(written),
                            count,
                            f"{part.row_count:,}",
                        )
            except BaseException as error:
                pool.shutdown(cancel_futures=True)
                if isinstance(error, RuntimeError) and "start new thread" in str(error):
                    raise DatasetError(self._no_threads(workers)) from error
                raise
        return [written[number] for number in range(count)]

    def _write_part(
        self,
        number: int,
        advance: Callable[[int, int], None] = lambda _steps, _rows: None,
    ) -> tuple[Part, int]:
        path = self._origin.part_path(number)
        rows = self._rows(number, advance)
        return write_parquet(self._lake, path, self._table, rows, self._save_args)

    def _rows(self, number: int, advance: Callable[[int, int], None]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a part, and report each record batch once it is written."""
        for made in self._batch.parts[number]():
            for piece in self._conforming(made):
                yield piece
                advance(piece.num_rows, piece.num_rows)

    def _no_threads(self, workers: int) -> str:
        return (
            f"{self._name}: the system refused one of {workers} threads; nothing was committed. "
            "Raise its limit (ulimit -u, or pids of the container), or ask for fewer: "
            "--params generation.workers=1"
        )


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _versions(committed: Origin, ours: Origin) -> str:
    """Describe how two origins of the same configuration differ."""
    facts = {
        "generator_version": (committed.generator_version, ours.generator_version),
        "schema.fingerprint": (committed.schema.fingerprint, ours.schema.fingerprint),
        "save_args": (dict(committed.save_args), dict(ours.save_args)),
    }
    found = [f"{name} was {old!r}, now {new!r}" for name, (old, new) in facts.items() if old != new]
    return "; ".join(found) or "its parts have other names or another number"


def _differences(
    committed: Mapping[str, Any], asked: Mapping[str, Any], path: str = ""
) -> list[str]:
    """Return a sentence for each setting that differs."""
    found: list[str] = []
    for key in sorted({*committed, *asked}):
        old, new = committed.get(key), asked.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found.extend(_differences(old, new, f"{path}{key}."))
        elif old != new:
            found.append(f"{path}{key} was {old!r}, now {new!r}")
    return found
