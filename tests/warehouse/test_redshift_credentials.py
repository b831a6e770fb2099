"""Signing in to Redshift: what is asked for, and that no secret is ever shown."""

import pytest
from kedro.io import DatasetError

from txn_kedro.warehouse.redshift_credentials import RedshiftCredentials

CANARY = "canary-3f9a"
WHERE = {"host": "txn.example.com", "database": "txn", "iam_role": "default"}
BY_PASSWORD = {**WHERE, "user": "loader", "password": CANARY}
BY_IAM = {**WHERE, "workgroup": "txn", "region": "eu-central-1"}


def test_a_user_signs_in_over_verified_tls():
    assert RedshiftCredentials.of(BY_PASSWORD).connect_arguments == {
        "host": "txn.example.com",
        "port": 5439,
        "database": "txn",
        "user": "loader",
        "password": CANARY,
        "ssl": True,
        "sslmode": "verify-full",
    }


def test_a_workgroup_alone_signs_in_by_iam():
    arguments = RedshiftCredentials.of(BY_IAM).connect_arguments
    assert arguments["iam"]
    assert arguments["is_serverless"]
    assert arguments["serverless_work_group"] == "txn"
    assert arguments["sslmode"] == "verify-full"
    assert "password" not in arguments


def test_a_password_is_preferred_to_a_workgroup():
    assert "iam" not in RedshiftCredentials.of({**BY_IAM, **BY_PASSWORD}).connect_arguments


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_tls_is_left_out_on_loopback_only(host):
    assert RedshiftCredentials.of({**BY_PASSWORD, "host": host}).connect_arguments["ssl"] is False


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example.com", "127.0.0.1.example.com"])
def test_no_other_host_goes_without_tls(host):
    assert RedshiftCredentials.of({**BY_PASSWORD, "host": host}).connect_arguments["ssl"] is True


def test_sign_in_by_iam_has_tls_on_loopback_too():
    assert RedshiftCredentials.of({**BY_IAM, "host": "127.0.0.1"}).connect_arguments["ssl"] is True


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"user": None}, "user and password go together"),
        ({"password": None}, "user and password go together"),
        ({"user": None, "password": None}, "give user and password, or a workgroup"),
        (
            {"host": None},
            "the driver needs a host (without a route to it, set transport: data_api)",
        ),
        ({"transport": "data_api"}, "the Data API needs a workgroup"),
        ({"transport": "telnet"}, "transport: should be 'data_api' or 'driver'"),
        ({"key": "x"}, "key and secret go together"),
        ({"port": "x"}, "port: should be a valid integer"),
        ({"iam_role": "txn-copy"}, "iam_role: expected the ARN of a role, arn:aws:iam::"),
        ({"iam_role": "arn:aws:iam::000000000000:role/a' FORMAT"}, "iam_role: expected"),
        ({"passwort": CANARY}, "passwort: Extra inputs are not permitted"),
    ],
)
def test_what_is_not_usable_is_told_without_a_value(changes, told):
    with pytest.raises(DatasetError) as error:
        RedshiftCredentials.of({**BY_PASSWORD, **changes})
    assert told in str(error.value)
    assert "Known keys: transport, host, port, database" in str(error.value)
    assert CANARY not in str(error.value)
    assert error.value.__context__ is None


@pytest.mark.parametrize(
    "role",
    [
        "default",
        "arn:aws:iam::000000000000:role/txn-copy",
        "arn:aws-cn:iam::000000000000:role/path/txn",
        "arn:aws:iam::000000000000:role/one,arn:aws:iam::111111111111:role/two",
    ],
)
def test_a_role_may_be_the_default_a_path_or_a_chain(role):
    assert RedshiftCredentials.of({**BY_IAM, "iam_role": role}).iam_role == role


def test_what_was_given_is_left_as_it_was():
    given = dict(BY_PASSWORD)
    RedshiftCredentials.of(given)
    assert given == BY_PASSWORD


def test_the_password_is_shown_nowhere():
    credentials = RedshiftCredentials.of(BY_PASSWORD)
    assert CANARY not in f"{credentials} {credentials!r} {credentials.model_dump_json()}"
    assert str(credentials) == "txn.example.com:5439/txn"
