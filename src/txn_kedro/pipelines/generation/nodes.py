"""Plan a world and a batch. Nothing is made here: the datasets do that when they save."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from txn_kedro.lake import BatchReference, LazyBatch
from txn_kedro.pipelines.generation.lazy import lazy_transactions, lazy_world
from txn_kedro.synthesis.batch import BatchPlan
from txn_kedro.synthesis.parameters import (
    ExecutionTime,
    GenerationParameters,
    Revision,
    Seed,
    WorldParameters,
)
from txn_kedro.synthesis.tables import CARDS, CUSTOMERS, MERCHANTS
from txn_kedro.synthesis.world import World, WorldRecipe


def plan_world(seed: Seed, world: WorldParameters) -> tuple[LazyBatch, LazyBatch, LazyBatch]:
    """The world that all batches of these parameters share, planned but not made.

    Returns:
        Its batches of customers, cards and merchants.
    """
    batches = lazy_world(WorldRecipe.from_parameters(seed.root, world))
    return batches[CUSTOMERS.name], batches[CARDS.name], batches[MERCHANTS.name]


def plan_batch(
    customers: Mapping[str, BatchReference],
    cards: Mapping[str, BatchReference],
    merchants: Mapping[str, BatchReference],
    seed: Seed,
    execution_time: ExecutionTime,
    revision: Revision,
    world: WorldParameters,
    generation: GenerationParameters,
) -> LazyBatch:
    """The batch of an execution time, planned but not made.

    Args:
        customers: Ids of the batches of customers in the lake, each with its reference.
        cards: The same of cards.
        merchants: The same of merchants.
        seed: Where all randomness starts.
        execution_time: What the batch stands for.
        revision: 1, or more to correct a committed batch.
        world: Which world it draws on.
        generation: What it is like.

    Raises:
        ValueError: The lake has no such world.
    """
    recipe = WorldRecipe.from_parameters(seed.root, world)
    if not all(recipe.batch_id in batches for batches in (customers, cards, merchants)):
        msg = (
            f"The lake has no world {recipe.fingerprint}, which is that of these parameters. "
            "The node plan_world makes it: run the pipeline generation without --nodes, "
            "--from-nodes and --from-inputs."
        )
        raise ValueError(msg)
    read = partial(
        _read_world,
        recipe.fingerprint,
        customers[recipe.batch_id],
        cards[recipe.batch_id],
        merchants[recipe.batch_id],
    )
    plan = BatchPlan(execution_time.root, seed.root, recipe, generation)
    return lazy_transactions(plan, read, revision.root)


def _read_world(
    fingerprint: str, customers: BatchReference, cards: BatchReference, merchants: BatchReference
) -> World:
    return World(fingerprint, customers.read(), cards.read(), merchants.read())
