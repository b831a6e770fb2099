import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node
from kedro.validation.exceptions import ParameterValidationError

from txn_kedro.datasets.errors import WarehouseUnavailable
from txn_kedro.hooks import SummaryHooks, UnknownParameterHooks


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline([node(lambda x: x, "params:generation.rows", "transactions")])


@pytest.fixture
def _registered(monkeypatch, pipeline):
    monkeypatch.setattr("kedro.framework.project.pipelines", {"generation": pipeline})


@pytest.mark.usefixtures("_registered")
def test_parameters_that_a_pipeline_reads_pass():
    UnknownParameterHooks().before_pipeline_run({"runtime_params": {"generation": {"rows": 1}}})


@pytest.mark.usefixtures("_registered")
def test_a_parameter_that_no_pipeline_reads_is_refused():
    with pytest.raises(ParameterValidationError, match="'generating'. Known: generation"):
        UnknownParameterHooks().before_pipeline_run({"runtime_params": {"generating": {}}})


def test_a_summary_is_logged(pipeline, monkeypatch, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    monkeypatch.setattr("txn_kedro.hooks.summarise", lambda *_: ["Batch  1", "Next  2"])
    SummaryHooks().after_pipeline_run({"env": None}, pipeline, DataCatalog())
    assert caplog.messages == ["Summary\n  Batch  1\n  Next  2"]


def test_nothing_to_sum_up_is_not_logged(pipeline, monkeypatch, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    monkeypatch.setattr("txn_kedro.hooks.summarise", lambda *_: [])
    SummaryHooks().after_pipeline_run({"env": None}, pipeline, DataCatalog())
    assert caplog.messages == []


def test_a_warehouse_that_is_taken_by_then_does_not_fail_the_run(pipeline, monkeypatch, caplog):
    def taken(*_):
        raise WarehouseUnavailable("w.duckdb", "it is in use", 60)

    monkeypatch.setattr("txn_kedro.hooks.summarise", taken)
    SummaryHooks().after_pipeline_run({"env": None}, pipeline, DataCatalog())
    assert "No summary: The warehouse w.duckdb could not be used" in caplog.text
