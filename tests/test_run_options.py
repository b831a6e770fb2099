"""The options of ``kedro run``: how they are parsed, and why some are refused."""

import pytest
from click.testing import CliRunner
from kedro.framework.cli.project import run as kedro_run

from txn_kedro.cli import cli
from txn_kedro.pipeline_registry import register_pipelines

SECRET = "s3cr3t-canary"


@pytest.fixture
def run(monkeypatch):
    """A function that invokes ``run`` with Kedro's callback replaced.

    It returns the options that the callback received, or the last line of an error.
    """
    monkeypatch.setenv("TXN_WAREHOUSE_PASSWORD", SECRET)
    monkeypatch.setattr("kedro.framework.project.pipelines", register_pipelines())
    monkeypatch.setattr(kedro_run, "callback", lambda **options: given.update(options))
    given = {}

    def invoke(*arguments):
        given.clear()
        done = CliRunner().invoke(cli, ["run", *arguments])
        assert SECRET not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        if done.exit_code == 0:
            return given
        assert done.exit_code == (2 if done.output.startswith("Usage") else 1)
        return done.output.splitlines()[-1]

    return invoke


def test_parameters_become_a_dictionary(run):
    given = run("--params", "seed=7,generation.max_rows=9,world.locales=[de_DE]")
    assert given["params"] == {
        "seed": 7,
        "generation": {"max_rows": 9},
        "world": {"locales": ["de_DE"]},
    }


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ("execution_time=${oc.env:TXN_WAREHOUSE_PASSWORD}", "execution_time"),
        ("seed=1,a=[1],a.${oc.env:TXN_WAREHOUSE_PASSWORD}=3", "a.${oc.env:TXN_WAREHOUSE_PASSWORD}"),
        ("${oc.env:TXN_WAREHOUSE_PASSWORD}=1", "${oc.env:TXN_WAREHOUSE_PASSWORD}"),
        ("a={b: ['${oc.env:TXN_WAREHOUSE_PASSWORD}']}", "a"),
        ('a={b: ["\\x24{oc.env:TXN_WAREHOUSE_PASSWORD}"]}', "a.b.0"),
        ('"\\u0024{seed}"=1,a={"\\x24{seed}": 1}', "a.${seed}"),
        ("a=\\${oc.env:TXN_WAREHOUSE_PASSWORD}", "a"),
        ("a=${", "a"),
    ],
)
def test_parameters_with_an_interpolation_are_refused_by_name(run, params, name):
    assert run("--params", params).startswith(
        f"Error: Parameter {name!r} in --params has ${{ in it"
    )


@pytest.mark.parametrize("params", ["a=[", "a={b", "a=\tb", "a=[1],a.x=3", "a=!x y"])
def test_unreadable_parameters_are_refused_with_the_expected_form(run, params):
    assert "cannot be read. Expected name=value" in run("--params", params)


def test_options_may_come_from_a_file(run, tmp_path):
    file = tmp_path / "run.yml"
    file.write_text("run:\n  tags: loading\n  params: {seed: 5}\n")
    given = run("--config", str(file))
    assert given["tags"] == ["loading"]
    assert given["params"] == {"seed": 5}
    file.write_text("run: {params: {world: {locales: ['${oc.env:TXN_WAREHOUSE_PASSWORD}']}}}")
    assert "Parameter 'world.locales.0' in --params has ${ in it" in run("--config", str(file))
    file.write_text("run: {tag: loading}")
    assert "has no 'tag'. Did you mean 'tags'? Known: conf_source, " in run("--config", str(file))


@pytest.mark.parametrize("content", ["[1]", "run: 5", "ran: {}", "run: {", "run: {a: caf\xe9}"])
def test_an_unreadable_file_of_options_is_named(run, tmp_path, content):
    (tmp_path / "run.yml").write_text(content, encoding="latin-1")
    message = run("--config", str(tmp_path / "run.yml"))
    assert "run.yml: expected UTF-8 YAML with a mapping `run`" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--only-missing-outputs", "a run writes and loads only what is missing"),
        ("--load-versions transactions:x", "its datasets are not versioned"),
        ("--runner ParallelRunner", "datasets already use all cores"),
        ("--runner kedro.runner.ParallelRunner", "datasets already use all cores"),
        (
            "--runner ThreadRuner",
            "no runner 'ThreadRuner'. Did you mean 'ThreadRunner'? Known: Seq",
        ),
        ("--runner nope.Nope", "There is no runner 'nope.Nope'. Known: SequentialRunner, ThreadR"),
        ("--runner AbstractRunner", "There is no runner 'AbstractRunner'"),
        ("--runner-params max_workers=2", "--runner-params does not fit SequentialRunner: "),
        (
            "-r ThreadRunner --runner-params max_workers=x",
            "--runner-params does not fit ThreadRunner",
        ),
        (
            "--pipelines loding",
            "this project has no 'loding'. Did you mean 'loading'? Known: __def",
        ),
        ("--pipeline loding", "--pipelines: this project has no 'loding'"),
        ("--pipeline loading --pipelines loading", "Use only --pipelines"),
        (
            "--nodes select_world --pipelines loading",
            "pipeline loading has no 'select_world'. Did you mean 'select_pending_world'",
        ),
        ("--from-nodes x", "--from-nodes: pipeline __default__ has no 'x'. Known: plan_batch, "),
        ("--to-nodes x", "--to-nodes: "),
        ("--tags x", "--tags: pipeline __default__ has no 'x'. Known: generation, loading."),
        ("--namespaces x", "--namespaces: pipeline __default__ has no 'x'. There are none."),
        ("--from-inputs x", "--from-inputs: "),
        ("--to-outputs x", "--to-outputs: "),
        ("--conf-source nowhere", "Path 'nowhere' does not exist"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_with_the_known_values(run, arguments, message):
    assert message in run(*arguments.split())


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        ("--from-inputs lake_cards", "from_inputs", ["lake_cards"]),
        ("--to-outputs lake_cards", "to_outputs", ["lake_cards"]),
        ("--nodes plan_world,plan_batch", "node_names", ["plan_world", "plan_batch"]),
        ("--runner kedro.runner.ThreadRunner", "runner", "kedro.runner.ThreadRunner"),
        ("--pipeline loading", "pipelines", ["loading"]),
        ("--async", "runner_params", {"is_async": True}),
    ],
)
def test_known_names_pass_and_deprecated_options_are_replaced(run, arguments, name, value):
    assert run(*arguments.split())[name] == value


def test_the_help_does_not_list_refused_options():
    text = CliRunner().invoke(cli, ["run", "-h"]).output
    assert "--pipelines" in text
    for refused in ("--only-missing-outputs", "--load-versions", "ParallelRunner"):
        assert refused not in text
