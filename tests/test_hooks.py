import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from txn_kedro.hooks import SummaryHooks
from txn_kedro.refusals import ConfigRefused
from txn_kedro.results import AlreadyCommitted, Result, Volume, tell
from txn_kedro.warehouse.errors import WarehouseUnavailable


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline([node(lambda x: x, "params:generation.rows", "transactions")])


def test_the_parameters_of_every_source_are_checked_before_a_run(copy, monkeypatch):
    (copy.root / "conf/local/parameters.yml").write_text("generaton: {}")
    bootstrap_project(copy.root)
    with (
        KedroSession.create(copy.root, runtime_params={"sede": 7}) as session,
        pytest.raises(ConfigRefused) as error,
    ):
        session.load_context()
    assert "'generaton' (set in " in str(error.value)
    assert "conf/local/parameters.yml). Did you mean 'generation'?" in str(error.value)
    assert "'sede' (set in the parameters of the run). Did you mean 'seed'?" in str(error.value)


RESULT = AlreadyCommitted("orders", "1", 1, Volume())


def run(pipeline: Pipeline, *results: Result) -> None:
    """What Kedro calls around a run in which saves come to these results."""
    hooks = SummaryHooks()
    hooks.before_pipeline_run()
    for result in results:
        tell(result)
    hooks.after_pipeline_run({"env": None}, pipeline, DataCatalog())


def test_a_summary_is_logged(pipeline, monkeypatch, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    monkeypatch.setattr("txn_kedro.hooks.summarise", lambda *_: ["Batch  1", "Next  2"])
    run(pipeline, RESULT)
    assert caplog.messages == ["Summary\n  Batch  1\n  Next  2"]


def test_a_run_that_saves_no_batch_has_no_summary(pipeline, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    tell(RESULT)
    run(pipeline)
    assert caplog.messages == []


def test_a_run_that_failed_tells_what_it_did_before(caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    hooks = SummaryHooks()
    hooks.before_pipeline_run()
    tell(RESULT)
    hooks.on_pipeline_error()
    assert caplog.messages[0].startswith("Summary\n  Batch      1: 0 orders in 0 parts")


def test_a_warehouse_that_is_taken_by_then_does_not_fail_the_run(pipeline, monkeypatch, caplog):
    def taken(*_):
        raise WarehouseUnavailable("w.duckdb", "it is in use", 60)

    monkeypatch.setattr("txn_kedro.hooks.summarise", taken)
    run(pipeline, RESULT)
    assert "No summary: The warehouse w.duckdb could not be used" in caplog.text
