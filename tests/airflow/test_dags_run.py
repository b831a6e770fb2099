"""Both DAGs through `airflow dags test`, which runs their tasks in order in one process."""

import pytest

from tests.conftest import NOON, NOON_ID

pytestmark = pytest.mark.slow

SMALL = '{"generation.min_rows": 1500, "generation.max_rows": 1500, "world.customers": 500}'
SECRET = "c2VjcmV0LWNhbmFyeS1zZWNyZXQtY2FuYXJ5LXNlY3I="


def test_a_logical_date_is_generated_and_loaded_once_even_if_both_dags_run_twice(ready):
    generate = ("dags", "test", "txn_kedro_generation", NOON, "--conf", SMALL)
    load = ("dags", "test", "txn_kedro_loading")
    *_, generated, loaded = ready.run_in_turn(generate, load, generate, load)
    assert ready.project.in_ledger() == ready.project.in_table() == {NOON_ID: 1500}
    assert "committed before, not written again" in generated
    assert "no batch was pending" in loaded


def test_an_error_that_would_recur_fails_immediately(ready):
    ready.settings["AIRFLOW__CORE__FERNET_KEY"] = SECRET
    wrong = '{"generation.min_rows": 2, "generation.max_rows": 1}'
    output = ready.run("dags", "test", "txn_kedro_generation", NOON, "--conf", wrong, code=1)
    assert "NotRetried" in output
    assert output.count("min_rows (2) is greater than max_rows (1)") == 1
    assert "UP_FOR_RETRY" not in output
    undeclared = '{"world.locales": ["${oc.env:AIRFLOW__CORE__FERNET_KEY}"]}'
    output = ready.run("dags", "test", "txn_kedro_generation", NOON, "--conf", undeclared, code=1)
    assert "The DAG txn_kedro_generation has no parameter 'world.locales'" in output
    assert SECRET not in output
    assert not ready.project.lake_path.exists()
