"""Reading conf/: what is read, and what is refused with a message that names the file."""

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
    """Return the message with which one kind of configuration is refused."""
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


def test_the_environment_cannot_be_read_any_more_after_an_error(conf):
    (conf / "local/credentials.yml").write_text("a: '${oc.env:TXN_NOT_THERE}'")
    message = refusal(conf, "credentials")
    assert message == (
        "conf/local/credentials.yml: 'a' needs the environment variable TXN_NOT_THERE. Set it."
    )
    assert not OmegaConf.has_resolver("oc.env")


def test_an_error_about_a_secret_does_not_show_it(conf):
    text = """a: '${oc.decode:"[${oc.env:TXN_WAREHOUSE_PASSWORD}"}'"""
    (conf / "local/credentials.yml").write_text(text)
    message = refusal(conf, "credentials")
    assert "conf/local/credentials.yml: 'a' has a ${...} reference" in message


def test_an_interpolation_inside_a_variable_is_not_resolved(conf, monkeypatch):
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
def test_run_parameters_with_an_interpolation_are_refused(conf, text):
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
def test_interpolations_are_found_in_lists_mappings_and_names(conf, given, name):
    assert refusal(conf, runtime_params=given).startswith(f"Parameter {name!r} in ")


def test_run_parameters_must_be_plain_data(conf):
    assert "'world.a' in the parameters of the run is a set" in refusal(
        conf, runtime_params={"world": {"a": {1}}}
    )


def test_run_parameters_are_checked_whichever_configuration_is_read(conf):
    for kind in ("catalog", "credentials", "globals"):
        assert "Parameter 'seed' in " in refusal(conf, kind, runtime_params={"seed": "${a}"})


@pytest.mark.parametrize("kind", ["catalog", "credentials", "globals", "parameters"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"- a\n", "expected a mapping (`name: value`), found a list"),
        (b"# ok\nname: caf\xe9\n", "line 2 is not UTF-8. Save the file as UTF-8"),
        (b"name: 1\nname: 2\n", "line 2, column 1: found duplicate key name"),
        (b"name:\n\tvalue: 2\n", "line 2, column 1: found a tab. Indent with spaces"),
        (b"name: {\n", "line 2, column 1: expected the node content, but found '<stream end>'"),
        (b"name: ${\n", "not valid YAML: no viable alternative at input '${'"),
        (b"name: \x00\n", "not valid YAML: unacceptable character #x0000"),
    ],
)
def test_an_unreadable_file_is_named_with_the_line_and_column(conf, kind, content, problem):
    (conf / f"local/{kind}.yml").write_bytes(content)
    assert refusal(conf, kind).startswith(f"conf/local/{kind}.yml: {problem}")


def test_other_commands_of_kedro_print_only_the_message(conf, tmp_path, monkeypatch):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src").mkdir()
    (conf / "local/parameters.yml").write_text("[1]")
    done = CliRunner().invoke(KedroCLI(tmp_path), ["catalog", "describe-datasets"])
    assert done.exit_code == 1
    assert done.output == (
        "Error: conf/local/parameters.yml: expected a mapping (`name: value`), found a list.\n"
    )


def test_a_file_with_a_byte_order_mark_is_read(conf):
    (conf / "local/parameters.yml").write_bytes(b"\xef\xbb\xbfseed: 5\n")
    assert load(conf)["parameters"]["seed"] == 5


@pytest.mark.parametrize("env", ["sandbx", "prod"])
def test_an_unknown_environment_is_refused_with_the_known_ones(conf, env):
    message = refusal(conf, env=env)
    assert message.startswith(f"There is no environment {env!r} in conf.")
    assert message.endswith("Known: local, sandbox.")


def test_base_is_not_an_environment_to_run_in(conf):
    message = refusal(conf, env="base")
    assert message.startswith("'base' is not an environment to run in: it holds what all ")
    assert message.endswith(" Known: local, sandbox.")


def test_a_missing_or_broken_configuration_is_refused(conf, tmp_path):
    (tmp_path / "broken.tar.gz").write_text("x")
    (tmp_path / "broken.zip").write_text("x")
    assert "There is no configuration at nowhere" in refusal("nowhere")
    assert "broken.tar.gz is not a readable archive" in refusal("broken.tar.gz")
    assert "broken.zip is not a readable archive" in refusal("broken.zip")


def test_a_file_in_an_archive_is_named_too(conf, tmp_path):
    (conf / "local/parameters.yml").write_text("[1]")
    archive = shutil.make_archive(str(tmp_path / "packed"), "gztar", tmp_path, "conf")
    message = refusal(archive)
    assert message.startswith("conf/local/parameters.yml in ")
    assert "packed.tar.gz: expected a mapping" in message


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("5", "expected a mapping with `type`"),
        (
            "{type: txn_kedro.datasets.DuckTable}",
            "txn_kedro.datasets has no 'DuckTable'. Did you mean 'DuckDBTableDataset'? Known: ",
        ),
        ("{filepath: x}", "expected a mapping with `type`"),
        (
            "{type: x, credentials: nope}",
            "there are no credentials 'nope' in the environment local",
        ),
        ("{type: x, credentials: flat}", "its credentials 'flat' are not a mapping of names"),
        (
            "{type: txn_kedro.datasets.DuckDBTableDataset, lock_timeoutt: 3}",
            "the dataset does not take 'lock_timeoutt'. Did you mean 'lock_timeout'? Known: file",
        ),
        (
            "{type: txn_kedro.datasets.DuckDBTableDataset, load_args: {as_fram: true}}",
            "load_args does not take 'as_fram'. Did you mean 'as_frame'? Known: as_frame.",
        ),
        (
            "{type: txn_kedro.datasets.DuckDBTableDataset, load_args: 3}",
            "load_args: expected a mapping",
        ),
    ],
)
def test_a_dataset_with_a_wrong_entry_is_named_with_its_file(conf, entry, problem):
    (conf / "local/credentials.yml").write_text("flat: 5")
    (conf / "local/catalog_more.yml").write_text(f"more: {entry}")
    with pytest.raises(ConfigRefused) as error:
        load(conf).check_catalog()
    assert str(error.value).startswith(f"Dataset 'more' in conf/local/catalog_more.yml: {problem}")
    (conf / "local/catalog_more.yml").write_text(f"a.more: {entry}")
    with pytest.raises(ConfigRefused, match="Dataset 'a.more' in the catalog: "):
        load(conf).check_catalog()


def test_the_committed_catalogs_pass_the_check(conf):
    for env in (None, "sandbox"):
        load(conf, env=env).check_catalog()


def test_an_environment_drops_an_argument_of_base_by_null_and_keeps_the_others(conf):
    (conf / "base/catalog_more.yml").write_text("more: {type: x, credentials: c, filepath: a}")
    (conf / "local/catalog_more.yml").write_text("more: {credentials: null, filepath: b}")
    assert load(conf)["catalog"]["more"] == {"type": "x", "filepath": "b"}


def test_a_pattern_for_datasets_is_checked_too_and_may_have_a_validator(conf):
    dataset = "type: txn_kedro.datasets.DuckDBTableDataset"
    more = conf / "local/catalog_more.yml"
    more.write_text(f'"more_{{table}}": {{{dataset}, validator: some.function}}')
    load(conf).check_catalog()
    more.write_text(f'"more_{{table}}": {{{dataset}, filepaht: x}}')
    with pytest.raises(ConfigRefused, match="does not take 'filepaht'. Did you mean 'filepath'"):
        load(conf).check_catalog()
