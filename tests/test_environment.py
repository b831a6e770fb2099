"""The variables of the aws environment."""

import re

import fsspec
import pytest

from tests.paths import ROOT
from txn_kedro.environment import (
    ALWAYS,
    BY_DRIVER,
    BY_IAM,
    BY_PASSWORD,
    VARIABLES,
    check_variables,
)
from txn_kedro.settings import CONFIG_LOADER_ARGS, CONFIG_LOADER_CLASS

ALL = {variable.name: "s3://x/lake" for variable in VARIABLES}
OF_COMPOSE = {"AWS_PROFILE", "KEDRO_ENV", "TXN_AWS_FOLDER", "TXN_PIPELINE_ROLE"}
DRIVER = {"TXN_WAREHOUSE_TRANSPORT": "driver"}


def test_one_error_lists_all_missing_variables_with_where_to_find_them():
    with pytest.raises(ValueError, match=r"lacks 5 variable\(s\)") as error:
        check_variables({})
    for variable in (*ALWAYS, *BY_IAM):
        assert f"{variable.name}: {variable.purpose} (" in str(error.value)
        assert f"(terraform output {variable.output})" in str(error.value)


def test_an_empty_variable_counts_as_missing():
    with pytest.raises(ValueError, match="TXN_LAKE_URL"):
        check_variables({**ALL, **DRIVER, "TXN_LAKE_URL": ""})


@pytest.mark.parametrize("way", [BY_IAM, BY_PASSWORD])
def test_one_method_of_sign_in_is_enough_for_the_driver(way):
    needed = (*ALWAYS, *BY_DRIVER, *way)
    check_variables({**{variable.name: ALL[variable.name] for variable in needed}, **DRIVER})


def test_the_data_api_is_the_default_and_needs_no_host():
    needed = {variable.name: ALL[variable.name] for variable in (*ALWAYS, *BY_IAM)}
    check_variables(needed)
    check_variables({**needed, "TXN_WAREHOUSE_TRANSPORT": "data_api"})
    with pytest.raises(ValueError, match="TXN_WAREHOUSE_HOST"):
        check_variables({**needed, **DRIVER})


def test_a_user_without_the_driver_is_refused():
    with pytest.raises(ValueError, match="set TXN_WAREHOUSE_TRANSPORT=driver"):
        check_variables({**ALL, "TXN_WAREHOUSE_TRANSPORT": ""})


def test_a_user_without_a_password_is_refused():
    environ = {variable.name: "x" for variable in (*ALWAYS, *BY_DRIVER, *BY_PASSWORD[:1])} | DRIVER
    with pytest.raises(ValueError, match="TXN_WAREHOUSE_PASSWORD") as error:
        check_variables(environ)
    assert "TXN_WAREHOUSE_WORKGROUP" not in str(error.value)


def test_the_example_the_configuration_and_the_code_name_the_same_variables():
    example = set(
        re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    configuration = "".join(file.read_text() for file in (ROOT / "conf/aws").glob("*.yml"))
    read = set(re.findall(r"oc\.env:([A-Z_]+)", configuration))
    assert example - OF_COMPOSE == read == set(ALL)


def test_no_committed_credentials_hold_a_value_for_aws():
    lines = (ROOT / "conf/aws/credentials.yml").read_text().splitlines()
    values = [line.split(": ", 1)[1] for line in lines if ": " in line and line[0] == " "]
    assert values
    assert all(re.fullmatch(r"\$\{oc\.env:\w+,(null|data_api|5439)\}", value) for value in values)


def test_s3_is_used_in_the_region_of_the_warehouse(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    config = CONFIG_LOADER_CLASS(str(ROOT / "conf"), env="aws", **CONFIG_LOADER_ARGS)
    store = fsspec.filesystem("s3", **config["credentials"]["lake"], skip_instance_cache=True)
    store.connect()
    assert store.s3.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"


def test_kedro_run_in_aws_lists_what_is_missing(copy):
    error = copy.refuse("--env", "aws")
    assert "The environment aws lacks 5 variable(s):" in error
    assert "terraform output warehouse_copy_role_arn" in error
    assert "make sandbox-demo" in error


@pytest.mark.parametrize("url", ["my-bucket/lake", "https://x/lake", "s3://", "s3:///lake"])
def test_a_lake_that_is_not_on_s3_is_refused(url):
    with pytest.raises(ValueError, match="expected an S3 URL such as s3://my-bucket/lake"):
        check_variables({**ALL, **DRIVER, "TXN_LAKE_URL": url})


@pytest.mark.parametrize("value", ["cAn${ArY}x", "cAnArY${", "cAnArY${oc.env:HOME}"])
def test_a_password_with_an_interpolation_is_refused_and_not_shown(value):
    with pytest.raises(ValueError, match=r"TXN_WAREHOUSE_PASSWORD has \$\{ in it") as error:
        check_variables({**ALL, **DRIVER, "TXN_WAREHOUSE_PASSWORD": value})
    assert "ArY" not in str(error.value)
