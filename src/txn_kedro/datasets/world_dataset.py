"""Catalog plugin: worlds, kept in the lake by fingerprint."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from copy import deepcopy
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from kedro.io import AbstractDataset, DatasetError

from txn_kedro.lake import open_lake
from txn_kedro.lake.errors import FilesRefused, ManifestError
from txn_kedro.lake.manifest import Manifest
from txn_kedro.lake.outcomes import WorldReady
from txn_kedro.lake.parquet import write_parquet
from txn_kedro.synthesis.tables import CUSTOMERS, WORLD_TABLES
from txn_kedro.synthesis.world import World, WorldRecipe, build_world
from txn_kedro.terminal import bar

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from kedro_datasets._typing import TablePreview

    from txn_kedro.tables import Table

logger = logging.getLogger(__name__)


class WorldDataset(AbstractDataset["WorldRecipe", "dict[str, Callable[[], World]]"]):
    """``WorldDataset`` saves a world's recipe by making the world, unless the lake has it: one
    Parquet file and one manifest for each of its tables, in a folder that its fingerprint names.
    As ``PartitionedDataset`` does, it loads a dictionary of functions: fingerprints, each with the
    function that reads the world.

    Examples:
        Using the [YAML API](https://docs.kedro.org/en/stable/catalog-data/data_catalog_yaml_examples/):

        ```yaml
        world:
          type: txn_kedro.datasets.WorldDataset
          filepath: s3://my-bucket/lake
          credentials: lake
        ```

        Using the [Python API](https://docs.kedro.org/en/stable/catalog-data/advanced_data_catalog_usage/):

        >>> from txn_kedro.datasets import WorldDataset
        >>> from txn_kedro.synthesis.world import WorldRecipe
        >>>
        >>> recipe = WorldRecipe(seed=7, locales=("de_DE", "ja_JP"), customers=200, merchants=100)
        >>> dataset = WorldDataset(filepath=str(tmp_path / "lake"))
        >>> dataset.save(recipe)
        >>> dataset.load()[recipe.fingerprint]().customers.num_rows
        200

    """

    DEFAULT_SAVE_ARGS: ClassVar[dict[str, Any]] = {}
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
        """Creates a new ``WorldDataset``.

        Args:
            filepath: Root of the lake: a folder, or a URL such as ``s3://bucket/prefix``.
            save_args: Arguments of ``pyarrow.parquet.ParquetWriter``.
            credentials: Options of the filesystem that are secret.
            fs_args: Further options of the filesystem.
            metadata: Any arbitrary metadata. This is ignored by Kedro, but may be consumed by
                users or external plugins.
        """
        self._filepath = filepath
        self._save_args = {**self.DEFAULT_SAVE_ARGS, **(save_args or {})}
        self._lake = open_lake(filepath, deepcopy(credentials), deepcopy(fs_args))
        self.metadata = metadata
        self.outcome: WorldReady | None = None

    def load(self) -> dict[str, Callable[[], World]]:
        """Fingerprints of the worlds that are there, each with the function that reads it."""
        return {name: partial(self._read, name) for name in self._lake.worlds()}

    def _read(self, name: str) -> World:
        import pyarrow.parquet as pq  # noqa: PLC0415  not needed to list the worlds

        tables: dict[str, pa.Table] = {}
        for table in WORLD_TABLES:
            files = self._lake.world_table(name, table.name)
            files.check(table)
            # Without threads of its own: it waits for ever for one that the system refuses.
            tables[table.name] = pq.read_table(
                files.paths[0],
                schema=table.arrow_schema,
                filesystem=self._lake.filesystem,
                use_threads=False,
                pre_buffer=False,
            )
        return World(name, **tables)

    def save(self, data: WorldRecipe) -> None:
        """Make the world of a recipe, or what of it is missing or damaged."""
        begin, name = time.perf_counter(), data.fingerprint
        with self._lake.exclusively(f"world/{name}"):
            unsound = [table for table in WORLD_TABLES if not self._is_sound(name, table)]
            if unsound:
                self._write(data, unsound)
            else:
                logger.info("World %s: in the lake already", name)
            self._tidy(name)
        self.outcome = WorldReady(name, time.perf_counter() - begin)

    def _is_sound(self, name: str, table: Table) -> bool:
        """Whether a table is there, whole; one whose manifest lies is uncommitted."""
        manifest = self._lake.world_path(name, table.name, ".json")
        if not self._lake.exists(manifest):
            return False
        try:
            self._lake.world_table(name, table.name).check(table)
        except (FilesRefused, ManifestError):
            self._lake.remove(manifest)
            return False
        return True

    def _write(self, recipe: WorldRecipe, tables: list[Table]) -> None:
        """Make a world, and write some of its tables."""
        begin = time.perf_counter()
        with bar("Building the world"):
            world = build_world(recipe)
        name = world.fingerprint
        for table in tables:
            path = self._lake.world_path(name, table.name, ".parquet")
            rows = world.tables[table.name].combine_chunks().to_batches()
            part = write_parquet(self._lake, path, table, rows, self._save_args)
            manifest = Manifest.of(table, name, [part], name, asdict(recipe))
            # On S3 another run may have made the same meanwhile.
            with suppress(FileExistsError):
                manifest_path = self._lake.world_path(name, table.name, ".json")
                self._lake.create(manifest_path, manifest.to_json())
        logger.info(
            "World %s: made in %.1f s, %s",
            name,
            time.perf_counter() - begin,
            ", ".join(f"{rows.num_rows:,} {table}" for table, rows in world.tables.items()),
        )

    def _tidy(self, name: str) -> None:
        """Remove what runs that were cut off have left of this world."""
        paths = [
            self._lake.world_path(name, table.name, suffix)
            for table in WORLD_TABLES
            for suffix in (".json", ".parquet")
        ]
        self._lake.tidy(f"world/{name}", "", {path.rpartition("/")[2] for path in paths})

    def preview(self, nrows: int = 20) -> TablePreview:
        """The first customers of a world in the lake, for Kedro-Viz."""
        import pyarrow.dataset as ds  # noqa: PLC0415  not needed to list the worlds
        from kedro_datasets._typing import TablePreview  # noqa: PLC0415  for Kedro-Viz only

        worlds = self._lake.worlds()
        if not worlds:
            msg = f"The lake {self._filepath} has no world yet. Make one: kedro run"
            raise DatasetError(msg)
        files = self._lake.world_table(worlds[-1], CUSTOMERS.name)
        customers = ds.dataset(files.paths, format="parquet", filesystem=self._lake.filesystem)
        head = customers.head(nrows).to_pandas()
        return TablePreview(head.astype(str).to_dict(orient="split"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "save_args": self._save_args}

    def _exists(self) -> bool:
        return bool(self._lake.worlds())
