"""Small lakes and warehouses that the tests share."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tests import preloaded
from tests.paths import ROOT
from txn_kedro.datasets import (
    DuckDBTableDataset,
    ParquetBatchDataset,
    WorldDataset,
)
from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
from txn_kedro.lake import Lake, open_lake
from txn_kedro.synthesis.examples import SMALL_WORLD, small_batch

NOON = "2026-11-22T12:00:00Z"
NOON_ID = "20261122T120000Z"

SMALL = "generation.min_rows=1000,generation.max_rows=2000,world.customers=500,world.merchants=200"
KEDRO = str(Path(sys.executable).with_name("kedro"))


@dataclass(frozen=True)
class Project:
    """An embedded lake and warehouse, used through the datasets, as the catalog would."""

    root: Path

    @property
    def lake_path(self) -> Path:
        return self.root / "lake"

    @property
    def warehouse_path(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def where(self) -> dict[str, Any]:
        """What a dataset of the lake is told."""
        return {"filepath": str(self.lake_path)}

    @property
    def lake(self) -> Lake:
        return open_lake(**self.where)

    def batches(self, **arguments: Any) -> ParquetBatchDataset:
        return ParquetBatchDataset(**self.where, **arguments)

    def rows(self) -> ds.Dataset:
        """The rows of the newest committed batch."""
        return list(self.batches().load().values())[-1].rows()

    def table(self, name: str, **arguments: Any) -> WarehouseTableDataset:
        path = str(self.warehouse_path)
        return DuckDBTableDataset(filepath=path, table_name=name, **arguments)

    def generate(self, execution_time: str = NOON, rows: int = 100, **changes: Any) -> str:
        """Commit a batch. Its id."""
        WorldDataset(**self.where).save(SMALL_WORLD)
        batch = small_batch(execution_time, rows, **changes)
        self.batches().save(batch)
        return batch.plan.batch_id

    def load(self, **arguments: Any) -> WarehouseTableDataset:
        """Load all committed batches, pending or not."""
        dataset = self.table("transactions", **arguments)
        dataset.save(self.batches().load())
        return dataset

    def in_ledger(self) -> dict[str, int]:
        """Rows by batch, as the ledger says."""
        ledger = self.table("load_ledger").load().to_pandas()
        return dict(zip(ledger["batch_id"], ledger["row_count"], strict=True))

    def in_table(self) -> dict[str, int]:
        """Rows by batch, as the table of transactions says."""
        query = self.table("transactions").load()
        batch_ids = [*self.in_ledger(), *self.lake.batch_ids()]
        counts = {
            batch_id: query.where(query.table.c.batch_id == batch_id).count()
            for batch_id in sorted(set(batch_ids))
        }
        assert sum(counts.values()) == query.count()
        return {batch_id: rows for batch_id, rows in counts.items() if rows}

    def manifest_file(self, batch_id: str = NOON_ID) -> Path:
        return self.lake_path / "manifests" / f"transactions_{batch_id}.json"

    def part_files(self) -> list[Path]:
        return sorted(self.lake_path.glob("transactions/*/*.parquet"))

    def digests(self) -> dict[str, str]:
        """SHA-256 of every file of the lake, hidden ones included, by its path."""
        files = [path for path in self.lake_path.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.lake_path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(files)
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class Copy(Project):
    """A copy of the project in which Kedro may be run."""

    @property
    def lake_path(self) -> Path:
        return self.root / "data/lake"

    @property
    def warehouse_path(self) -> Path:
        return self.root / "data/warehouse.duckdb"

    def kedro(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.call(KEDRO, *arguments, **environment)

    def call(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the copy."""
        plain = {name: value for name, value in os.environ.items() if "KEDRO" not in name}
        variables = {**plain, **environment}
        if command[0] == KEDRO and not is_coverage_measured():
            return preloaded.run(command, self.root, variables)
        return subprocess.run(
            command,
            cwd=self.root,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str, params: str = "") -> str:
        """Run pipelines, and make sure that it went well. What was printed."""
        done = self.kedro("run", *arguments, "--params", ",".join(filter(None, [SMALL, params])))
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        return done.stdout

    def refuse(self, *arguments: str) -> str:
        """Run what must be refused. The error, which must be all of what was printed last."""
        done = self.kedro("run", *arguments)
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr
        assert done.stderr.startswith("Error: ")
        return done.stderr

    def rows(self) -> int:
        with duckdb.connect(str(self.warehouse_path), read_only=True) as connection:
            return connection.execute("SELECT count(*) FROM transactions").fetchone()[0]


def is_coverage_measured() -> bool:
    """Coverage starts with a process, so it misses what a forked one does."""
    return any(name.startswith("COVERAGE_PROCESS") for name in os.environ)


def make_copy(folder: Path) -> Copy:
    for name in ("conf", "pyproject.toml", ".telemetry"):
        source = ROOT / name
        target = folder / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (folder / "src").mkdir()  # the package is the one that is installed
    return Copy(folder)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return make_copy(tmp_path)


@pytest.fixture(scope="session")
def day() -> pa.Table:
    """A whole day's batch of the default parameters: 400,000 transactions of a Friday."""
    return make_day()


def make_day() -> pa.Table:
    import yaml

    from txn_kedro.synthesis.examples import small_batch
    from txn_kedro.synthesis.parameters import WorldParameters
    from txn_kedro.synthesis.world import WorldRecipe

    conf = Path(__file__).parents[1] / "conf/base/parameters_generation.yml"
    defaults = yaml.safe_load(conf.read_text())
    world = WorldParameters.model_validate({**defaults["world"], "customers": 40_000})
    changes = {**defaults["generation"], "min_rows": 400_000, "max_rows": 400_000}
    batch = small_batch(
        "2026-11-20T06:00:00Z",
        400_000,
        world=WorldRecipe.from_parameters(defaults["seed"], world),
        **changes,
    )
    synthesiser = batch.open()
    shards = [shard for part in batch.plan.parts() for shard in part.shards]
    return pa.Table.from_batches([synthesiser.shard(shard) for shard in shards])
