"""What a task of Airflow makes of a DAG run, of a result and of an error."""

import json
import logging
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import boto3
import pytest
from airflow.sdk.exceptions import AirflowFailException
from kedro.io import DatasetError
from moto.server import ThreadedMotoServer
from moto.sns.models import sns_backends

from txn_kedro.environment import SandboxNotRunning
from txn_kedro.lake.errors import FilesRefused, LakeUnavailable
from txn_kedro.orchestration import (
    NotRetried,
    describe,
    is_transient,
    run_task,
    runtime_parameters,
    send_alert,
)
from txn_kedro.results import AlreadyCommitted, Committed, Loaded, LoadReport, Volume
from txn_kedro.warehouse.errors import (
    LoadFailed,
    TransientFailure,
    WarehouseRefused,
    WarehouseUnavailable,
)

SIX = datetime(2026, 11, 22, 6, tzinfo=UTC)
SEVEN = datetime(2026, 11, 22, 7, tzinfo=UTC)
VOLUME = Volume(rows=10, bytes=2000, parts=1)


def context(logical_date=SIX, declared=None, **params):
    declared = params if declared is None else declared
    return {
        "params": params,
        "dag": SimpleNamespace(dag_id="d", params=dict.fromkeys(declared)),
        "task": SimpleNamespace(params={}),
        "dag_run": SimpleNamespace(logical_date=logical_date, run_after=SEVEN, conf={}),
    }


def test_the_execution_time_is_the_logical_date():
    given = runtime_parameters(context(execution_time=None, seed=None))
    assert given == {"execution_time": "2026-11-22T06:00:00+00:00"}


def test_a_run_without_logical_date_stands_for_the_time_that_it_may_run_from():
    given = runtime_parameters(context(logical_date=None, execution_time=None))
    assert given == {"execution_time": "2026-11-22T07:00:00+00:00"}


def test_the_execution_time_that_is_asked_for_comes_first():
    asked = "2026-01-01T00:00:00+01:00"
    assert runtime_parameters(context(execution_time=asked)) == {"execution_time": asked}


def test_a_dag_without_the_parameter_gets_no_execution_time():
    assert runtime_parameters(context()) == {}


def test_names_with_dots_are_nested():
    given = runtime_parameters(context(**{"generation.min_rows": 1, "generation.max_rows": 2}))
    assert given == {"generation": {"min_rows": 1, "max_rows": 2}}


def test_empty_parameters_are_left_out():
    assert runtime_parameters(context(**{"seed": 7, "world.customers": None})) == {"seed": 7}


@pytest.mark.parametrize("name", ["seeed", "world.locales", "world", "generation.min_rows.x"])
def test_parameters_that_the_dag_does_not_declare_are_refused_by_name(name):
    given = context(declared=["seed", "generation.min_rows"], seed=1, **{name: 1})
    with pytest.raises(
        ValueError, match=f"The DAG d has no parameter '{name}'.* Known: gen.*, seed"
    ):
        runtime_parameters(given)


def test_a_dag_without_parameters_takes_none_even_if_airflow_passes_none_on():
    given = context()
    given["dag_run"].conf = {"seed": 1}
    with pytest.raises(ValueError, match="has no parameter 'seed'.* It takes none"):
        runtime_parameters(given)


def caused(error, cause):
    error.__cause__ = cause
    return error


UNAVAILABLE = WarehouseUnavailable("here", "down", "Wait.")
REFUSED = FilesRefused("Batch b", "wrong", "Mend it.")


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (UNAVAILABLE, True),
        (TransientFailure("here", "lost", ""), True),
        (LakeUnavailable("s3://b", "timeout"), True),
        (SandboxNotRunning(1), True),
        (OSError(28, "No space left on device"), True),
        (caused(DatasetError("Failed while saving"), OSError(28, "No space")), True),
        (caused(LoadFailed(LoadReport("t", failures=["b"])), UNAVAILABLE), True),
        (LoadFailed(LoadReport("t", failures=["b"])), False),
        (REFUSED, False),
        (caused(FilesRefused("Batch b", "gone", ""), FileNotFoundError()), False),
        (WarehouseRefused("here", "no such type"), False),
        (caused(DatasetError("Failed while saving"), TypeError()), False),
        (DatasetError("unknown"), False),
        (ValueError("seed"), False),
    ],
)
def test_only_what_may_pass_is_transient(error, transient):
    assert is_transient(error) is transient


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (Committed("t", "b", 1, VOLUME, 1.23456), {"batch_id": "b", "seconds": 1.235}),
        (AlreadyCommitted("t", "b", 1, VOLUME), {"batch_id": "b", "seconds": 0.0}),
        (
            LoadReport("t", loaded=[Loaded("t", "b", VOLUME, 2.0)]),
            {"batch_ids": ["b"], "seconds": 2.0},
        ),
    ],
)
def test_a_result_is_told_with_its_volume(result, told):
    assert describe(result) == told | {"rows": 10, "bytes": 2000, "parts": 1}


def test_an_empty_load_is_told_too():
    assert describe(LoadReport("t")) == {
        "batch_ids": [],
        "rows": 0,
        "bytes": 0,
        "parts": 0,
        "seconds": 0,
    }


@pytest.fixture
def service():
    """A service that takes alerts as JSON: what it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if "refuse" not in self.path else 500)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.got = got
        yield server
        server.shutdown()
        thread.join()


FAILED = {
    "task_instance": SimpleNamespace(
        dag_id="txn_kedro_loading", task_id="select_pending_world", try_number=6
    ),
    "run_id": "manual__1",
    "exception": UNAVAILABLE,
}


def test_an_alert_names_task_run_and_error(service, monkeypatch):
    monkeypatch.setenv("TXN_ALERT_URL", f"json://127.0.0.1:{service.server_port}")
    send_alert(FAILED)
    (alert,) = service.got
    assert alert["title"] == "txn_kedro_loading.select_pending_world failed"
    assert alert["message"].startswith(
        "Run manual__1, try 6.\nThe warehouse here could not be used"
    )


def test_an_alert_has_the_reason_of_what_is_not_retried(service, monkeypatch):
    monkeypatch.setenv("TXN_ALERT_URL", f"json://127.0.0.1:{service.server_port}")
    send_alert({**FAILED, "exception": NotRetried("seed: expected a whole number")})
    (alert,) = service.got
    assert alert["message"].endswith("try 6.\nseed: expected a whole number")


def test_an_alert_that_is_refused_is_logged_without_its_url(service, monkeypatch, caplog):
    monkeypatch.setenv(
        "TXN_ALERT_URL", f"json://canary:3f9a@127.0.0.1:{service.server_port}/refuse"
    )
    caplog.set_level(logging.DEBUG, "txn_kedro")
    send_alert(FAILED)
    assert "No alert was sent: look at TXN_ALERT_URL" in caplog.text
    assert "3f9a" not in caplog.text


@pytest.fixture
def topic(monkeypatch):
    """An SNS topic on loopback: its ARN, and the messages that it got."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://{}:{}".format(*server.get_host_and_port()))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    arn = boto3.client("sns", region_name="eu-central-1").create_topic(Name="alarms")["TopicArn"]
    yield arn, sns_backends["123456789012"]["eu-central-1"].topics[arn].sent_notifications
    server.stop()


def test_an_alert_goes_to_an_sns_topic(topic, monkeypatch):
    arn, sent = topic
    monkeypatch.setenv("TXN_ALERT_URL", arn)
    send_alert(FAILED)
    ((_, message, subject, *_),) = sent
    assert subject == "txn_kedro_loading.select_pending_world failed"
    assert message.startswith("Run manual__1, try 6.\nThe warehouse here could not be used")


def test_a_topic_that_does_not_exist_is_logged(topic, monkeypatch, caplog):
    arn, _ = topic
    monkeypatch.setenv("TXN_ALERT_URL", f"{arn}-other")
    send_alert(FAILED)
    assert "SNS: An error occurred (NotFound)" in caplog.text
    assert "No alert was sent: look at TXN_ALERT_URL" in caplog.text


def test_no_alert_is_sent_unless_it_is_wanted(monkeypatch, caplog):
    monkeypatch.delenv("TXN_ALERT_URL", raising=False)
    caplog.set_level(logging.INFO)
    send_alert(FAILED)
    assert not caplog.text


def test_what_would_fail_again_is_one_line_of_the_log_without_a_traceback(monkeypatch, caplog):
    def refuse(_):
        raise ValueError("seed: expected a whole number")

    monkeypatch.setattr("txn_kedro.orchestration.bootstrap_project", refuse)
    with pytest.raises(AirflowFailException, match="The reason is in the log above") as failed:
        run_task(context(), ".", None, "generation", [])
    assert failed.value.__suppress_context__
    assert failed.value.reason == "seed: expected a whole number"
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert lines == ["seed: expected a whole number"]
    assert "Traceback" not in caplog.text
