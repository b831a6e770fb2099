"""A small plan and a small world, for examples and tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from txn_kedro.synthesis.batch import BatchPlan
from txn_kedro.synthesis.parameters import ExecutionTime, GenerationParameters
from txn_kedro.synthesis.world import World, WorldRecipe, build_world

SMALL_WORLD = WorldRecipe(
    seed=7, locales=("en_US", "de_DE", "ja_JP"), customers=1000, merchants=300
)

SMALL_PARAMETERS: dict[str, Any] = {
    "min_rows": 1000,
    "max_rows": 1000,
    "parts": "auto",
    "workers": None,
    "hour_weights": {"weekday": [1] * 8 + [4] * 14 + [1] * 2, "weekend": [1] * 24},
    "weekday_weights": [1] * 7,
    "cross_border_share": 0.06,
    "refund_share": 0.025,
    "decline_share": 0.05,
    "fraud_share": 0.0025,
}


def small_plan(
    execution_time: str, rows: int, seed: int = 7, world: WorldRecipe = SMALL_WORLD, **changes: Any
) -> BatchPlan:
    """Return the plan of a batch of ``rows`` rows; ``changes`` go to ``GenerationParameters``."""
    parameters = GenerationParameters.model_validate(
        {**SMALL_PARAMETERS, "min_rows": rows, "max_rows": rows, **changes}
    )
    when = ExecutionTime.model_validate(execution_time).root
    return BatchPlan(when, seed, world, parameters)


@cache
def small_world(recipe: WorldRecipe = SMALL_WORLD) -> World:
    """A world, made once."""
    return build_world(recipe)
