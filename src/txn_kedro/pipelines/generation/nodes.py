"""Plan a world and a batch. Nothing is made here: the datasets do that when they save."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from txn_kedro.synthesis.batch import BatchPlan
from txn_kedro.synthesis.parameters import (
    ExecutionTime,
    GenerationParameters,
    Seed,
    WorldParameters,
)
from txn_kedro.synthesis.transactions import Batch
from txn_kedro.synthesis.world import World, WorldRecipe


def describe_world(seed: Seed, world: WorldParameters) -> WorldRecipe:
    """The recipe of the world that all batches of these parameters share."""
    return WorldRecipe.from_parameters(seed.root, world)


def plan_batch(
    worlds: Mapping[str, Callable[[], World]],
    seed: Seed,
    execution_time: ExecutionTime,
    world: WorldParameters,
    generation: GenerationParameters,
) -> Batch:
    """The batch of an execution time, planned but not made.

    Args:
        worlds: Fingerprints of the worlds in the lake, each with the function that reads it.
        seed: Where all randomness starts.
        execution_time: What the batch stands for.
        world: Which world it draws on.
        generation: What it is like.

    Raises:
        ValueError: The lake has no such world.
    """
    recipe = describe_world(seed, world)
    if recipe.fingerprint not in worlds:
        msg = (
            f"The lake has no world {recipe.fingerprint}, which is that of these parameters. "
            "The node make_world makes it: run the pipeline generation without --nodes, "
            "--from-nodes and --from-inputs."
        )
        raise ValueError(msg)
    plan = BatchPlan(execution_time.root, seed.root, recipe, generation)
    return Batch(plan, worlds[recipe.fingerprint])
