"""Small lakes and warehouses that the tests share."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tests import preloaded
from tests.paths import ROOT
from txn_kedro.datasets import DuckDBTableDataset, ParquetBatchDataset
from txn_kedro.datasets.warehouse_table_dataset import WarehouseTableDataset
from txn_kedro.lake import BatchName, Lake, LakeFiles, LazyBatch, open_lake
from txn_kedro.pipelines.generation.lazy import lazy_transactions, lazy_world
from txn_kedro.synthesis.examples import SMALL_WORLD, small_plan, small_world
from txn_kedro.synthesis.tables import TRANSACTIONS, WORLD_TABLES
from txn_kedro.synthesis.world import WorldRecipe

NOON = "2026-11-22T12:00:00Z"
NOON_ID = "20261122T120000Z"

SMALL = "generation.min_rows=1000,generation.max_rows=2000,world.customers=500,world.merchants=200"
KEDRO = str(Path(sys.executable).with_name("kedro"))


CONTRACTS = "txn_kedro.synthesis.tables"
LEDGER = "txn_kedro.warehouse.ledger.LOAD_LEDGER"


def contract_of(table: str) -> dict[str, str]:
    """What a dataset of the warehouse is told of its table."""
    if table == "load_ledger":
        return {"contract": LEDGER}
    return {"contract": CONTRACTS, "table_name": table}


def small_batch(
    execution_time: str = NOON, rows: int = 100, *, revision: int = 1, **changes: Any
) -> LazyBatch:
    """A batch of transactions; ``changes`` go to ``small_plan``."""
    plan = small_plan(execution_time, rows, **changes)
    return lazy_transactions(plan, lambda: small_world(plan.world), revision)


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

    def lake_table(self, name: str, **arguments: Any) -> ParquetBatchDataset:
        given = {"contract": CONTRACTS, "table_name": name, **arguments}
        return ParquetBatchDataset(**self.where, **given)

    def batches(self, **arguments: Any) -> ParquetBatchDataset:
        """The lake's dataset of transactions."""
        return self.lake_table(TRANSACTIONS.name, **arguments)

    def files(self, batch_id: str = NOON_ID) -> LakeFiles:
        """The files of a committed batch of transactions."""
        return self.batches().load()[batch_id]()

    def rows(self) -> ds.Dataset:
        """The rows of the newest committed batch."""
        return list(self.batches().load().values())[-1].rows()

    def table(self, name: str, **arguments: Any) -> WarehouseTableDataset:
        given = {"filepath": str(self.warehouse_path), **contract_of(name), **arguments}
        return DuckDBTableDataset(**given)

    def generate(self, execution_time: str = NOON, rows: int = 100, **changes: Any) -> str:
        """Commit the world and a batch of transactions. The batch's id."""
        self.generate_world(changes.get("world", SMALL_WORLD))
        batch = small_batch(execution_time, rows, **changes)
        self.batches().save(batch)
        return batch.batch_id

    def generate_world(self, recipe: WorldRecipe = SMALL_WORLD) -> str:
        """Commit the batches of a world's tables. Their id."""
        for name, batch in lazy_world(recipe).items():
            self.lake_table(name).save(batch)
        return recipe.batch_id

    def load(self, **arguments: Any) -> WarehouseTableDataset:
        """Load all committed batches of transactions, pending or not."""
        dataset = self.table("transactions", **arguments)
        dataset.save(self.batches().load())
        return dataset

    def load_world(self) -> None:
        """Load all committed batches of the world's tables, pending or not."""
        for table in WORLD_TABLES:
            self.table(table.name).save(self.lake_table(table.name).load())

    def ledger(self) -> pd.DataFrame:
        """The rows of the ledger."""
        return self.table("load_ledger").load().to_pandas()

    def in_ledger(self, table: str = "transactions") -> dict[str, int]:
        """Rows by batch, as the ledger says."""
        ledger = self.ledger()
        rows = ledger[(ledger["table_name"] == table) & (ledger["status"] != "withdrawn")]
        return dict(zip(rows["batch_id"], rows["row_count"], strict=True))

    def in_table(self) -> dict[str, int]:
        """Rows by batch, as the table of transactions says."""
        query = self.table("transactions").load()
        batch_ids = [*self.in_ledger(), *self.batches().load()]
        counts = {
            batch_id: query.where(query.table.c.batch_id == batch_id).count()
            for batch_id in sorted(set(batch_ids))
        }
        assert sum(counts.values()) == query.count()
        return {batch_id: rows for batch_id, rows in counts.items() if rows}

    def sql(self, statement: str) -> list[Any]:
        """Run a statement in the warehouse. Its rows, if it has any."""
        with duckdb.connect(str(self.warehouse_path)) as connection:
            return connection.execute(statement).fetchall()

    def edit(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """Change a file of the lake."""
        content = change(self.lake.read(path))
        with self.lake.write(path) as file:
            file.write(content)

    def edit_manifest(self, change: Callable[[bytes], bytes], batch_id: str = NOON_ID) -> None:
        """Change the manifest of a batch of transactions."""
        self.edit(BatchName("transactions", batch_id).manifest_path, change)

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

    from txn_kedro.synthesis.parameters import WorldParameters
    from txn_kedro.synthesis.transactions import Synthesiser

    conf = Path(__file__).parents[1] / "conf/base/parameters_generation.yml"
    defaults = yaml.safe_load(conf.read_text())
    world = WorldParameters.model_validate({**defaults["world"], "customers": 40_000})
    changes = {**defaults["generation"], "min_rows": 400_000, "max_rows": 400_000}
    recipe = WorldRecipe.from_parameters(defaults["seed"], world)
    plan = small_plan("2026-11-20T06:00:00Z", 400_000, world=recipe, **changes)
    synthesiser = Synthesiser(plan, small_world(recipe))
    shards = [shard for part in plan.parts() for shard in part.shards]
    return pa.Table.from_batches([synthesiser.shard(shard) for shard in shards])
