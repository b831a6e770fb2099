"""The sandbox's Data API, used by AWS's own client."""

import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from redshift_sandbox.identities import ACCESS_KEY, DATABASE, SECRET_KEY, WORKGROUP

WHERE = {"WorkgroupName": WORKGROUP, "Database": DATABASE}


def client_of(sandbox, key=ACCESS_KEY, secret=SECRET_KEY):
    return boto3.session.Session().client(
        "redshift-data",
        region_name="us-east-1",
        endpoint_url=sandbox.data_api_endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def client(sandbox):
    return client_of(sandbox)


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def test_a_statement_is_run_in_the_background_and_asked_about(client):
    number = client.execute_statement(Sql="SELECT 1 AS one, 'x' AS text", **WHERE)["Id"]
    description = client.describe_statement(Id=number, WaitTimeSeconds=10)
    assert description["Status"] == "FINISHED"
    assert description["HasResultSet"]
    result = client.get_statement_result(Id=number)
    assert [column["typeName"] for column in result["ColumnMetadata"]] == ["int4", "text"]
    assert result["Records"] == [[{"longValue": 1}, {"stringValue": "x"}]]


def test_a_batch_is_one_transaction_and_names_the_statement_that_failed(client):
    name = f"t_{time.time_ns()}"
    sqls = [f"CREATE TABLE {name} (a INT)", "SELECT 1 / 0", "SELECT 2"]
    number = client.batch_execute_statement(Sqls=sqls, **WHERE)["Id"]
    description = client.describe_statement(Id=number, WaitTimeSeconds=10)
    assert description["Status"] == "FAILED"
    statuses = [one["Status"] for one in description["SubStatements"]]
    assert statuses == ["FINISHED", "FAILED", "ABORTED"]
    assert "division by zero" in description["SubStatements"][1]["Error"]
    number = client.execute_statement(Sql=f"SELECT * FROM {name}", **WHERE)["Id"]
    assert client.describe_statement(Id=number, WaitTimeSeconds=10)["Status"] == "FAILED"


def test_a_call_that_is_repeated_with_its_token_is_the_same_call(client):
    call = {"Sql": "SELECT 1", "ClientToken": f"token-{time.time_ns()}", **WHERE}
    first = client.execute_statement(**call)["Id"]
    assert client.execute_statement(**call)["Id"] == first
    assert refused(client.execute_statement, **{**call, "Sql": "SELECT 2"}) == "ValidationException"


def test_a_session_keeps_its_transaction_until_it_expires(client, sandbox):
    begun = client.execute_statement(
        Sql="BEGIN", SessionKeepAliveSeconds=60, WaitTimeSeconds=10, **WHERE
    )
    session = begun["SessionId"]
    inside = {"SessionId": session, "SessionKeepAliveSeconds": 60, "WaitTimeSeconds": 10}
    assert (
        client.execute_statement(Sql="CREATE TEMP TABLE x (a INT)", **inside)["Status"]
        == "FINISHED"
    )
    assert client.execute_statement(Sql="SELECT * FROM x", **inside)["Status"] == "FINISHED"
    sandbox.data_api.expire_sessions()
    assert (
        refused(client.execute_statement, Sql="SELECT 1", SessionId=session)
        == "ValidationException"
    )


def test_a_running_statement_is_cancelled(client):
    number = client.execute_statement(Sql="SELECT pg_sleep(60)", **WHERE)["Id"]
    while client.describe_statement(Id=number)["Status"] != "STARTED":
        time.sleep(0.05)
    deadline = time.monotonic() + 30
    while client.describe_statement(Id=number)["Status"] == "STARTED":
        assert time.monotonic() < deadline
        client.cancel_statement(Id=number)
        time.sleep(0.2)
    assert client.describe_statement(Id=number)["Status"] == "ABORTED"
    assert refused(client.cancel_statement, Id=number) == "ValidationException"


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        (ACCESS_KEY, "wrong", "InvalidSignatureException"),
        ("nobody", SECRET_KEY, "UnrecognizedClientException"),
    ],
)
def test_a_request_must_be_signed_by_the_right_key(sandbox, key, secret, code):
    stranger = client_of(sandbox, key, secret)
    assert refused(stranger.execute_statement, Sql="SELECT 1", **WHERE) == code


@pytest.mark.parametrize(
    "wrong",
    [
        {"WorkgroupName": "nowhere"},
        {"Database": ""},
        {"Parameters": [{"name": "a", "value": "1"}]},
        {"ResultFormat": "CSV"},
        {"SecretArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:x"},
        {"Sql": "x" * 100_001},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_it_does_not_know_or_allow_is_refused(client, wrong):
    assert (
        refused(client.execute_statement, **{"Sql": "SELECT 1", **WHERE, **wrong})
        == "ValidationException"
    )


def test_a_statement_that_is_not_there_is_refused(client):
    number = "00000000-0000-0000-0000-000000000000"
    assert refused(client.describe_statement, Id=number) == "ResourceNotFoundException"


def test_an_operation_that_it_does_not_know_is_refused(client):
    assert refused(client.list_tables, **WHERE) == "UnknownOperationException"


def test_a_test_can_ask_for_throttling(client, sandbox):
    sandbox.data_api.faults.throttle("ExecuteStatement", 1)
    assert refused(client.execute_statement, Sql="SELECT 1", **WHERE) == "ThrottlingException"
    assert sandbox.data_api.faults.left == 0
