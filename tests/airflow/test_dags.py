"""The exported DAGs: the committed files are the current export and match the Kedro pipelines."""

import runpy
import subprocess
import sys
from datetime import timedelta

import pytest
import yaml

from tests.airflow.conftest import export
from tests.paths import CONF, ROOT
from txn_kedro.pipelines.generation import create_pipeline as generation
from txn_kedro.pipelines.loading import create_pipeline as loading
from txn_kedro.synthesis.parameters import GenerationParameters

FILES = ["txn_kedro_generation_dag.py", "txn_kedro_loading_dag.py"]
PIPELINES = {"txn_kedro_generation": generation, "txn_kedro_loading": loading}


@pytest.fixture(scope="module")
def dags():
    found = [runpy.run_path(str(ROOT / "dags" / file))["dag"] for file in FILES]
    return {dag.dag_id: dag for dag in found}


def test_the_committed_dags_are_what_make_dags_exports(copy):
    export(copy)
    ruff = [sys.executable, "-m", "ruff", "format", "--config", str(ROOT / "pyproject.toml")]
    subprocess.run([*ruff, "--quiet", str(copy.root / "dags")], check=True)
    assert sorted(path.name for path in (ROOT / "dags").glob("*.py")) == FILES
    for file in FILES:
        exported = (copy.root / "dags" / file).read_text()
        assert exported == (ROOT / "dags" / file).read_text(), f"{file} is stale: run make dags"


@pytest.mark.slow
def test_airflow_parses_both_dags_in_any_folder_without_importing_kedro(airflow):
    found = airflow.python("""
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
heavy = sorted({name.split(".")[0] for name in sys.modules} & {"kedro", "txn_kedro", "pandas"})
print(json.dumps({"ids": sorted(bag.dags), "errors": bag.import_errors, "heavy": heavy}))
""")
    assert found == {"ids": sorted(PIPELINES), "errors": {}, "heavy": []}


@pytest.mark.parametrize("dag_id", PIPELINES)
def test_tasks_are_the_nodes_of_the_pipeline_with_the_same_dependencies(dags, dag_id):
    pipeline = PIPELINES[dag_id]()
    names = {node: node.name for node in pipeline.nodes}
    expected = {
        names[node]: {names[parent] for parent in parents}
        for node, parents in pipeline.node_dependencies.items()
    }
    tasks = dags[dag_id].task_dict
    assert {name: task.upstream_task_ids for name, task in tasks.items()} == expected


@pytest.mark.parametrize("dag_id", PIPELINES)
def test_dags_and_tasks_have_owner_tags_and_documentation(dags, dag_id):
    dag = dags[dag_id]
    assert dag.tags == {"txn_kedro", dag_id.removeprefix("txn_kedro_")}
    assert dag.description
    assert "txn_kedro_lake" in dag.doc_md
    for task in dag.tasks:
        assert task.owner == "data-engineering"
        assert "Reads " in task.doc_md


@pytest.mark.parametrize("dag_id", PIPELINES)
def test_retries_back_off_and_every_task_and_run_has_a_timeout(dags, dag_id):
    dag = dags[dag_id]
    assert dag.dagrun_timeout == timedelta(hours=4)
    for task in dag.tasks:
        assert (task.retries, task.retry_exponential_backoff) == (5, 2)
        assert task.retry_delay < task.max_retry_delay < task.execution_timeout
        assert task.on_failure_callback


def test_the_first_dag_is_daily_and_its_batch_updates_the_asset_that_starts_the_second(dags):
    first, second = dags["txn_kedro_generation"], dags["txn_kedro_loading"]
    assert first.schedule == "@daily"
    assert first.catchup is False
    outlets = {task.task_id: [asset.name for asset in task.outlets] for task in first.tasks}
    assert outlets == {"plan_world": [], "plan_batch": ["txn_kedro_lake"]}
    assert second.schedule == first.task_dict["plan_batch"].outlets[0]


def test_one_loader_runs_at_a_time_in_the_pool_of_the_warehouse(dags):
    dag = dags["txn_kedro_loading"]
    assert dag.max_active_runs == 1
    assert {task.pool for task in dag.tasks} == {"warehouse"}
    assert not dag.params


def test_the_form_takes_what_the_parameters_take_and_no_more(dags):
    params = dags["txn_kedro_generation"].params
    shares = [name for name in params if name.endswith("_share")]
    assert len(shares) == 4
    for name in shares:
        field = name.partition(".")[2]
        bounds = GenerationParameters.model_json_schema()["properties"][field]
        schema = params.get_param(name).schema
        assert (schema["minimum"], schema["maximum"]) == (bounds["minimum"], bounds["maximum"])
    assert params.get_param("generation.fraud_share").schema["maximum"] == 0.05


def test_the_form_asks_for_parameters_of_the_project_which_may_all_stay_empty(dags):
    known = yaml.safe_load((CONF / "base/parameters_generation.yml").read_text())
    params = dags["txn_kedro_generation"].params
    for name in params:
        param = params.get_param(name)
        assert param.value is None
        assert param.description
        value = known
        for key in name.split("."):
            value = value[key]
        if name != "execution_time":
            usual = {"integer": int, "number": float}[param.schema["type"][1]]
            assert type(value) is usual
