"""Batches of the default settings, of a chosen size."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from txn_kedro.datasets import DuckDBTableDataset, ParquetBatchDataset
from txn_kedro.pipelines.generation.lazy import lazy_transactions, lazy_world
from txn_kedro.synthesis.examples import small_plan
from txn_kedro.synthesis.parameters import WorldParameters
from txn_kedro.synthesis.world import World, WorldRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from txn_kedro.lake import LazyBatch
    from txn_kedro.synthesis.batch import BatchPlan

ROOT = Path(__file__).parents[1]
CONTRACTS = "txn_kedro.synthesis.tables"
_DEFAULTS = yaml.safe_load((ROOT / "conf/base/parameters_generation.yml").read_text())


def lake_table(lake: Path | str, name: str = "transactions", **options: Any) -> ParquetBatchDataset:
    """A table of a lake."""
    return ParquetBatchDataset(filepath=str(lake), contract=CONTRACTS, table_name=name, **options)


def duckdb_table(path: Path) -> DuckDBTableDataset:
    """The table of transactions in an embedded warehouse."""
    return DuckDBTableDataset(filepath=str(path), contract=CONTRACTS, table_name="transactions")


def default_plan(rows: int, day: int = 1, workers: int | None = None) -> BatchPlan:
    """The plan of a batch of so many rows and otherwise default settings."""
    world = WorldParameters.model_validate(_DEFAULTS["world"])
    recipe = WorldRecipe.from_parameters(_DEFAULTS["seed"], world)
    changes = {**_DEFAULTS["generation"], "min_rows": rows, "max_rows": rows, "workers": workers}
    return small_plan(f"2026-10-{day:02}", rows, seed=_DEFAULTS["seed"], world=recipe, **changes)


def world_in(lake: Path | str, recipe: WorldRecipe, **options: Any) -> Callable[[], World]:
    """What reads a world from a lake, which has it from now on."""
    references = {}
    for name, batch in lazy_world(recipe).items():
        table = lake_table(lake, name, **options)
        table.save(batch)
        references[name] = table.load()[recipe.batch_id]
    return partial(_read, recipe.fingerprint, references)


def _read(fingerprint: str, references: dict[str, Any]) -> World:
    return World(fingerprint, **{name: found.read() for name, found in references.items()})


def default_batch(
    lake: Path | str, rows: int, day: int = 1, workers: int | None = None, **options: Any
) -> LazyBatch:
    """A batch of so many rows and otherwise default settings, its world in the lake."""
    plan = default_plan(rows, day, workers)
    return lazy_transactions(plan, world_in(lake, plan.world, **options))


def save(lake: Path | str, batch: LazyBatch, **options: Any) -> None:
    """Commit a batch of transactions."""
    lake_table(lake, **options).save(batch)
