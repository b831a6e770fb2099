from datetime import UTC, datetime

import pytest

from txn_kedro.pipelines.generation.nodes import describe_world, plan_batch
from txn_kedro.pipelines.generation.pipeline import create_pipeline
from txn_kedro.synthesis.examples import SMALL_PARAMETERS, SMALL_WORLD
from txn_kedro.synthesis.parameters import (
    ExecutionTime,
    GenerationParameters,
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


def not_to_be_read():
    raise AssertionError


def test_a_world_is_described_by_its_parameters():
    assert describe_world(SEED, WORLD) == SMALL_WORLD


def test_a_batch_is_planned_without_reading_or_making_anything():
    worlds = {SMALL_WORLD.fingerprint: not_to_be_read}
    batch = plan_batch(worlds, SEED, NOON, WORLD, GENERATION)
    assert batch.plan.batch_id == "20261122T120000Z"
    assert batch.plan.rows == 1000
    assert batch.plan.world == SMALL_WORLD
    with pytest.raises(AssertionError):
        batch.open()


def test_a_world_that_is_not_in_the_lake_is_refused_with_the_way_to_make_it():
    with pytest.raises(
        ValueError, match=f"no world {SMALL_WORLD.fingerprint}.* make_world makes it"
    ):
        plan_batch({"5f0c": not_to_be_read}, SEED, NOON, WORLD, GENERATION)


def test_the_batch_comes_after_its_world():
    nodes = [node.name for node in create_pipeline().nodes]
    assert nodes == ["make_world", "make_batch"]
