"""Batches of the default settings, of a chosen size."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from txn_kedro.datasets import ParquetBatchDataset, WorldDataset
from txn_kedro.synthesis.examples import small_batch
from txn_kedro.synthesis.parameters import WorldParameters
from txn_kedro.synthesis.world import WorldRecipe

if TYPE_CHECKING:
    from txn_kedro.synthesis.transactions import Batch

ROOT = Path(__file__).parents[1]
_DEFAULTS = yaml.safe_load((ROOT / "conf/base/parameters_generation.yml").read_text())


def default_batch(
    lake: Path | str, rows: int, day: int = 1, workers: int | None = None, **options: Any
) -> Batch:
    """A batch of so many rows and otherwise default settings, its world in the lake."""
    world = WorldParameters.model_validate(_DEFAULTS["world"])
    recipe = WorldRecipe.from_parameters(_DEFAULTS["seed"], world)
    worlds = WorldDataset(filepath=str(lake), **options)
    worlds.save(recipe)
    changes = {**_DEFAULTS["generation"], "min_rows": rows, "max_rows": rows, "workers": workers}
    batch = small_batch(f"2026-10-{day:02}", rows, seed=_DEFAULTS["seed"], world=recipe, **changes)
    return type(batch)(batch.plan, partial(worlds.load()[recipe.fingerprint]))


def save(lake: Path | str, batch: Batch, **options: Any) -> None:
    """Commit a batch."""
    ParquetBatchDataset(filepath=str(lake), **options).save(batch)
