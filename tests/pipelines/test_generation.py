from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from txn_kedro.pipelines.generation.lazy import Once
from txn_kedro.pipelines.generation.nodes import plan_batch, plan_world
from txn_kedro.pipelines.generation.pipeline import create_pipeline
from txn_kedro.synthesis.examples import SMALL_PARAMETERS, SMALL_WORLD, small_world
from txn_kedro.synthesis.parameters import (
    ExecutionTime,
    GenerationParameters,
    Revision,
    Seed,
    WorldParameters,
)

SEED = Seed(SMALL_WORLD.seed)
WORLD = WorldParameters(
    locales=list(SMALL_WORLD.locales),
    customers=SMALL_WORLD.customers,
    merchants=SMALL_WORLD.merchants,
)
GENERATION = GenerationParameters(**SMALL_PARAMETERS)
NOON = ExecutionTime(datetime(2026, 11, 22, 12, tzinfo=UTC))
FIRST = Revision(1)


class NotToBeRead:
    def read(self):
        raise AssertionError


@dataclass(frozen=True)
class Read:
    """A reference to a batch of a world table."""

    table: str

    def read(self):
        return small_world().tables[self.table]


def test_a_world_is_planned_without_making_anything_and_its_tables_share_one_making(monkeypatch):
    makings = []
    monkeypatch.setattr(
        "txn_kedro.pipelines.generation.lazy.build_world",
        lambda recipe: makings.append(recipe) or small_world(recipe),
    )
    batches = plan_world(SEED, WORLD)
    assert [batch.batch_id for batch in batches] == [SMALL_WORLD.batch_id] * 3
    assert makings == []
    rows = [sum(rows.num_rows for rows in batch.parts[0]()) for batch in batches]
    assert rows == [table.num_rows for table in small_world().tables.values()]
    assert makings == [SMALL_WORLD]


def test_a_batch_is_planned_without_reading_or_making_anything():
    world = {SMALL_WORLD.batch_id: NotToBeRead()}
    batch = plan_batch(world, world, world, SEED, NOON, Revision(2), WORLD, GENERATION)
    assert batch.batch_id == "20261122T120000Z"
    assert batch.rows == 1000
    assert batch.revision == 2
    assert batch.configuration["world"]["fingerprint"] == SMALL_WORLD.fingerprint
    with pytest.raises(AssertionError):
        next(iter(batch.parts[0]()))


def test_each_transaction_names_the_world_that_its_ids_are_of():
    world = [{SMALL_WORLD.batch_id: Read(name)} for name in small_world().tables]
    batch = plan_batch(*world, SEED, NOON, FIRST, WORLD, GENERATION)
    (rows,) = batch.parts[0]()
    assert set(rows.column("world_fingerprint").to_pylist()) == {SMALL_WORLD.fingerprint}


def test_a_world_that_is_not_in_the_lake_is_refused_with_the_way_to_make_it():
    there, other = {SMALL_WORLD.batch_id: NotToBeRead()}, {"5f0c-0": NotToBeRead()}
    with pytest.raises(
        ValueError, match=f"no world {SMALL_WORLD.fingerprint}.* plan_world makes it"
    ):
        plan_batch(there, other, there, SEED, NOON, FIRST, WORLD, GENERATION)


def test_the_batch_comes_after_its_world():
    nodes = [node.name for node in create_pipeline().nodes]
    assert nodes == ["plan_world", "plan_batch"]


def test_a_node_is_named_after_what_its_function_does():
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)


def test_what_has_failed_once_is_tried_again():
    calls = []

    def fail_first():
        calls.append(1)
        if len(calls) == 1:
            raise OSError("down")
        return "made"

    once = Once(fail_first)
    with pytest.raises(OSError, match="down"):
        once()
    assert [once(), once()] == ["made", "made"]
    assert len(calls) == 2
