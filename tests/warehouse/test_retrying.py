"""A connection that is lost once is no reason to give up, wherever it happens."""

import pytest

from txn_kedro.warehouse.duckdb_warehouse import DuckDBWarehouse
from txn_kedro.warehouse.errors import TransientFailure, WarehouseUnavailable
from txn_kedro.warehouse.plan import make_plan
from txn_kedro.warehouse.retrying import ATTEMPTS


@pytest.fixture
def lose(monkeypatch):
    """Lets a number of connections be lost that only read."""
    monkeypatch.setattr("txn_kedro.warehouse.retrying._FIRST_PAUSE", 0)

    def start(times):
        reading, left = DuckDBWarehouse.reading, [TransientFailure("x", "lost", "Wait.")] * times

        def lost(warehouse):
            if left:
                raise left.pop()
            return reading(warehouse)

        monkeypatch.setattr(DuckDBWarehouse, "reading", lost)

    return start


def plan(project):
    batches = project.batches()
    warehouse = project.table("transactions").warehouse
    return len(make_plan(warehouse, {batches.table: batches.load()}).batches)


READERS = {
    "count": lambda project: project.table("transactions").load().count(),
    "to_pandas": lambda project: len(project.table("transactions").load().to_pandas()),
    "exists": lambda project: project.table("transactions").exists(),
    "plan": plan,
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_reading_is_tried_again(project, lose, caplog, read):
    project.generate()
    project.load()
    lose(1)
    assert read(project)
    assert f"Trying again (1 of {ATTEMPTS - 1}): lost" in caplog.text


def test_reading_is_given_up_in_the_end(project, lose):
    project.generate()
    project.load()
    lose(ATTEMPTS)
    with pytest.raises(WarehouseUnavailable, match=f"it failed {ATTEMPTS} times"):
        project.table("transactions").load().count()
