"""The project in the environment `sandbox`: the same pipelines, over real wires."""

import json

import pytest

from tests.conftest import Copy

NOON = "execution_time=2026-11-22T12:00:00Z"


@pytest.fixture
def over_wires(copy, sandbox, monkeypatch):
    """A copy of the project that finds the sandbox."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return copy


def plan(copy: Copy):
    done = copy.kedro("plan", "--env", "sandbox", "--json")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_a_batch_is_generated_planned_loaded_once_and_summed_up(over_wires):
    sandbox = ("--env", "sandbox")
    printed = over_wires.run(*sandbox, "--pipelines", "generation", params=NOON)
    assert "committed in" in printed
    assert "kedro run --env sandbox --pipelines loading loads it" in printed

    code, planned = plan(over_wires)
    assert code == 2
    assert {step["state"] for step in planned["batches"]} == {"pending"}
    (batch,) = [step for step in planned["batches"] if step["table"] == "transactions"]
    assert batch["statements"][0] == "LOCK load_ledger"
    assert batch["statements"][2].startswith("COPY transactions (transaction_id, ")
    assert any("DISTKEY (customer_id) SORTKEY (event_ts)" in sql for sql in planned["creates"])
    assert plan(over_wires)[0] == 2

    rows = batch["volume"]["rows"]
    printed = over_wires.run(*sandbox, "--pipelines", "loading")
    assert f"transactions 20261122T120000Z: {rows:,} rows loaded in" in printed
    assert f"/dev: 4 batches, {rows:,} transactions" in printed
    assert "no batch was pending" in over_wires.run(*sandbox, "--pipelines", "loading")

    code, planned = plan(over_wires)
    assert code == 0
    assert [step["state"] for step in planned["batches"]] == ["loaded"] * 4
    assert planned["creates"] == []


def test_a_batch_is_loaded_through_the_data_api(over_wires, monkeypatch):
    monkeypatch.setenv("TXN_WAREHOUSE_TRANSPORT", "data_api")
    printed = over_wires.run("--env", "sandbox", params="execution_time=2026-11-22T10:00:00Z")
    assert "transactions 20261122T100000Z: " in printed
    assert "txn-sandbox/dev (Data API): " in printed
    assert plan(over_wires)[0] == 0


def test_without_a_sandbox_the_error_says_how_to_start_one(over_wires, monkeypatch):
    monkeypatch.setenv("REDSHIFT_SANDBOX_S3_PORT", "1")
    error = over_wires.refuse("--env", "sandbox")
    assert "is not at 127.0.0.1:1.\nStart it in another terminal with make sandbox" in error


def test_generation_does_without_a_warehouse_that_is_down(over_wires, monkeypatch):
    monkeypatch.setenv("REDSHIFT_SANDBOX_PORT", "1")
    before_noon = "execution_time=2026-11-22T11:00:00Z"
    over_wires.run("--env", "sandbox", "--pipelines", "generation", params=before_noon)
    assert "no connection (15 s are allowed)" in over_wires.refuse("--env", "sandbox")
