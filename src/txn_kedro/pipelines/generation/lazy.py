"""Describe the domain's data as lazy batches, which are generated when the lake saves them."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from txn_kedro.lake import LazyBatch
from txn_kedro.synthesis.batch import GENERATOR_VERSION
from txn_kedro.synthesis.tables import WORLD_TABLES
from txn_kedro.synthesis.transactions import Synthesiser
from txn_kedro.synthesis.world import WORLD_VERSION, World, build_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from txn_kedro.synthesis.batch import BatchPlan, PlannedPart
    from txn_kedro.synthesis.world import WorldRecipe

T = TypeVar("T")


class Once(Generic[T]):
    """Calls a function when it is first asked for its result; threads share the one call.

    Args:
        function: What to call. If it fails, it is called again.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._results: list[T] = []

    def __call__(self) -> T:
        """The result."""
        with self._lock:
            if not self._results:
                self._results.append(self._function())
            return self._results[0]


def lazy_world(recipe: WorldRecipe) -> dict[str, LazyBatch]:
    """The batches of a world's tables, by table: the three share one making of the world."""
    world = Once(partial(build_world, recipe))
    return {
        table.name: LazyBatch(
            recipe.batch_id,
            parts=[partial(_world_rows, world, table.name)],
            configuration=recipe.configuration,
            generator_version=WORLD_VERSION,
        )
        for table in WORLD_TABLES
    }


def _world_rows(world: Callable[[], World], table: str) -> list[pa.RecordBatch]:
    rows: list[pa.RecordBatch] = world().tables[table].combine_chunks().to_batches()
    return rows


def lazy_transactions(
    plan: BatchPlan, load_world: Callable[[], World], revision: int = 1
) -> LazyBatch:
    """The batch of a plan, part by part and shard by shard.

    Args:
        plan: What the batch will be.
        load_world: Gives the world that it draws on.
        revision: Of the batch.
    """
    synthesiser = Once(lambda: Synthesiser(plan, load_world()))
    return LazyBatch(
        plan.batch_id,
        parts=[partial(_shards, synthesiser, part) for part in plan.parts()],
        configuration=plan.configuration,
        generator_version=GENERATOR_VERSION,
        rows=plan.rows,
        revision=revision,
        workers=plan.parameters.workers,
    )


def _shards(synthesiser: Callable[[], Synthesiser], part: PlannedPart) -> Iterator[pa.RecordBatch]:
    return map(synthesiser().shard, part.shards)
