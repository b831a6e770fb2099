"""What is read from conf/, and what is refused: by a message that names the file."""

import os
import shutil

import pytest
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI
from omegaconf import OmegaConf

from tests.paths import CONF, ROOT
from txn_kedro.config import ConfigLoader
from txn_kedro.refusals import ConfigRefused
from txn_kedro.settings import CONFIG_LOADER_ARGS

SECRET = "s3cr3t-canary"


@pytest.fixture
def conf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TXN_WAREHOUSE_PASSWORD", SECRET)
    for name in ("base", "local", "sandbox"):
        shutil.copytree(CONF / name, tmp_path / "conf" / name)
    return tmp_path / "conf"


def load(conf, **arguments):
    return ConfigLoader(str(conf), **CONFIG_LOADER_ARGS, **arguments)


def refusal(conf, key="parameters", **arguments):
    """Why one kind of configuration is refused."""
    with pytest.raises(ConfigRefused) as error:
        load(conf, **arguments)[key]
    message = str(error.value)
    assert SECRET not in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["credentials", "globals"])
def test_credentials_and_globals_may_read_the_environment(conf, kind):
    (conf / f"local/{kind}.yml").write_text("it: {key: '${oc.env:TXN_WAREHOUSE_PASSWORD}'}")
    assert load(conf)[kind]["it"] == {"key": SECRET}
    assert not OmegaConf.has_resolver("oc.env")


@pytest.mark.parametrize(("kind", "file"), [("parameters", "x.yml"), ("catalog", "y.yaml")])
def test_nothing_else_may_read_the_environment(conf, kind, file):
    (conf / f"local/{kind}_{file}").write_text("seed: '${oc.env:TXN_WAREHOUSE_PASSWORD}'")
    message = refusal(conf, kind)
    assert f"conf/local/{kind}_{file}: 'seed' reads an environment variable by oc.env" in message


def test_the_environment_is_closed_again_after_an_error(conf):
    (conf / "local/credentials.yml").write_text("a: '${oc.env:TXN_NOT_THERE}'")
    message = refusal(conf, "credentials")
    assert message == (
        "conf/local/credentials.yml: 'a' needs the environment variable TXN_NOT_THERE. Set it."
    )
    assert not OmegaConf.has_resolver("oc.env")


def test_an_error_at_a_secret_does_not_show_it(conf):
    text = """a: '${oc.decode:"[${oc.env:TXN_WAREHOUSE_PASSWORD}"}'"""
    (conf / "local/credentials.yml").write_text(text)
    assert "conf/local/credentials.yml: 'a' refers by ${...}" in refusal(conf, "credentials")


def test_a_variable_with_an_interpolation_in_it_is_not_resolved(conf, monkeypatch):
    monkeypatch.setenv("OUTER", "x${oc.env:TXN_WAREHOUSE_PASSWORD}")
    (conf / "local/credentials.yml").write_text("a: {b: '${oc.env:OUTER}'}")
    assert load(conf)["credentials"]["a"] == {"b": os.environ["OUTER"]}


INTERPOLATIONS = [
    "${oc.env:TXN_WAREHOUSE_PASSWORD}",
    "x${oc.env:TXN_WAREHOUSE_PASSWORD}y",
    "\\${oc.env:TXN_WAREHOUSE_PASSWORD}",
    "\\\\${oc.env:TXN_WAREHOUSE_PASSWORD}",
    "${oc.decode:'${oc.env:TXN_WAREHOUSE_PASSWORD}'}",
    "${oc.select:seed}",
    "${globals:lake}",
    "${runtime_params:seed}",
    "${seed}",
    "${",
]


@pytest.mark.parametrize("text", INTERPOLATIONS)
def test_parameters_of_a_run_that_refer_to_something_are_refused(conf, text):
    message = refusal(conf, runtime_params={"execution_time": text})
    assert message.startswith(
        "Parameter 'execution_time' in the parameters of the run has ${ in it"
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"world": {"locales": ["de_DE", "${seed}"]}}, "world.locales.1"),
        ({"world": ({"a": {"b": "${seed}"}},)}, "world.0.a.b"),
        ({"${seed}": 1}, "${seed}"),
        ({"world": [{"${seed}": 1}]}, "world.0.${seed}"),
        (OmegaConf.create({"world": {"a": "${oc.env:TXN_WAREHOUSE_PASSWORD}"}}), "world.a"),
        ({"world": OmegaConf.create(["${oc.env:TXN_WAREHOUSE_PASSWORD}"])}, "world.0"),
    ],
)
def test_they_are_found_in_lists_groups_and_names(conf, given, name):
    assert refusal(conf, runtime_params=given).startswith(f"Parameter {name!r} in ")


def test_parameters_of_a_run_are_plain_data(conf):
    assert "'world.a' in the parameters of the run is a set" in refusal(
        conf, runtime_params={"world": {"a": {1}}}
    )


def test_parameters_of_a_run_are_refused_whatever_is_read(conf):
    for kind in ("catalog", "credentials", "globals"):
        assert "Parameter 'seed' in " in refusal(conf, kind, runtime_params={"seed": "${a}"})


@pytest.mark.parametrize("kind", ["catalog", "credentials", "globals", "parameters"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"- a\n", "expected names with values (`name: value`), found a list"),
        (b"# ok\nname: caf\xe9\n", "line 2 is not in UTF-8. Save the file in UTF-8"),
        (b"name: 1\nname: 2\n", "line 2, column 1: found duplicate key name"),
        (b"name:\n\tvalue: 2\n", "line 2, column 1: a tab. Indent with spaces"),
        (b"name: {\n", "line 2, column 1: expected the node content, but found '<stream end>'"),
        (b"name: ${\n", "not YAML that can be read: no viable alternative at input '${'"),
        (b"name: \x00\n", "not YAML that can be read: unacceptable character #x0000"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_place(conf, kind, content, problem):
    (conf / f"local/{kind}.yml").write_bytes(content)
    assert refusal(conf, kind).startswith(f"conf/local/{kind}.yml: {problem}")


def test_the_other_commands_of_kedro_print_the_message_alone(conf, tmp_path, monkeypatch):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src").mkdir()
    (conf / "local/parameters.yml").write_text("[1]")
    done = CliRunner().invoke(KedroCLI(tmp_path), ["catalog", "describe-datasets"])
    assert done.exit_code == 1
    assert done.output == (
        "Error: conf/local/parameters.yml: expected names with values (`name: value`), "
        "found a list.\n"
    )


def test_a_file_with_a_byte_order_mark_is_read(conf):
    (conf / "local/parameters.yml").write_bytes(b"\xef\xbb\xbfseed: 5\n")
    assert load(conf)["parameters"]["seed"] == 5


@pytest.mark.parametrize("env", ["sandbx", "prod"])
def test_an_environment_that_is_not_there_is_refused_with_those_that_are(conf, env):
    message = refusal(conf, env=env)
    assert message.startswith(f"There is no environment {env!r} in conf.")
    assert message.endswith("Known: local, sandbox.")


def test_base_is_not_an_environment(conf):
    assert "'base' is what all environments share" in refusal(conf, env="base")


def test_a_configuration_that_is_not_there_is_refused(conf, tmp_path):
    (tmp_path / "broken.tar.gz").write_text("x")
    (tmp_path / "broken.zip").write_text("x")
    assert "There is no configuration at nowhere" in refusal("nowhere")
    assert "broken.tar.gz is not an archive that can be read" in refusal("broken.tar.gz")
    assert "broken.zip is not an archive that can be read" in refusal("broken.zip")


def test_files_of_an_archive_are_named_too(conf, tmp_path):
    (conf / "local/parameters.yml").write_text("[1]")
    archive = shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "conf")
    message = refusal(archive)
    assert message.startswith("conf/local/parameters.yml in ")
    assert "packed.tar.gz: expected names with values" in message


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("5", "expected a group with `type`"),
        (
            "{type: txn_kedro.datasets.DuckTable}",
            "txn_kedro.datasets has no 'DuckTable'. Did you mean 'DuckDBTableDataset'? Known: ",
        ),
        ("{filepath: x}", "expected a group with `type`"),
        (
            "{type: x, credentials: nope}",
            "there are no credentials 'nope' in the environment local",
        ),
        ("{type: x, credentials: flat}", "its credentials 'flat' are not a group of names"),
        (
            "{type: txn_kedro.datasets.DuckDBTableDataset, lock_timeoutt: 3}",
            "the dataset takes no 'lock_timeoutt'. Did you mean 'lock_timeout'? Known: filepath, ",
        ),
        (
            "{type: txn_kedro.datasets.DuckDBTableDataset, load_args: {as_fram: true}}",
            "load_args takes no 'as_fram'. Did you mean 'as_frame'? Known: as_frame.",
        ),
        (
            "{type: txn_kedro.datasets.DuckDBTableDataset, load_args: 3}",
            "load_args: expected a group",
        ),
    ],
)
def test_a_dataset_that_is_declared_wrongly_is_named_with_its_file(conf, entry, problem):
    (conf / "local/credentials.yml").write_text("flat: 5")
    (conf / "local/catalog_more.yml").write_text(f"more: {entry}")
    with pytest.raises(ConfigRefused) as error:
        load(conf).check_catalog()
    assert str(error.value).startswith(f"Dataset 'more' in conf/local/catalog_more.yml: {problem}")
    (conf / "local/catalog_more.yml").write_text(f"a.more: {entry}")
    with pytest.raises(ConfigRefused, match="Dataset 'a.more' in the catalog: "):
        load(conf).check_catalog()


def test_the_committed_catalogs_are_declared_well(conf):
    for env in (None, "sandbox"):
        load(conf, env=env).check_catalog()
