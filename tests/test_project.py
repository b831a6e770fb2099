"""The project as its users run it: Kedro's commands in a copy of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SMALL
from tests.paths import ROOT

pytestmark = pytest.mark.slow

NOON = "execution_time=2026-11-22T12:00:00Z"


def test_a_run_makes_a_batch_loads_it_and_sums_up(copy):
    told = copy.run(params=NOON)
    (batch,) = copy.in_table().values()
    assert 1000 <= batch <= 2000
    assert re.search(rf"Batch +20261122T120000Z: {batch:,} transactions in 1 part, 0\.. MB", told)
    world = "500 customers, 809 cards, 200 merchants"
    assert re.search(rf"Loaded +4 batches, {world}, {batch:,} transactions in .* rows/s\)", told)
    assert re.search(
        rf"Warehouse +.*warehouse.duckdb: 4 batches, {world}, {batch:,} transactions", told
    )
    assert "Next       run again" in told
    assert "Warning" not in told
    # Counts that Kedro-Viz would show long after the tables have grown.
    assert not (copy.root / ".viz").exists()


def test_another_run_appends_another_batch(copy):
    copy.run(params="execution_time=2026-11-22")
    told = copy.run(params="execution_time=2026-11-23")
    assert len(copy.in_table()) == 2
    assert "1 batch, " in told
    assert "warehouse.duckdb: 5 batches, " in told


def test_the_same_run_again_adds_nothing_and_says_so(copy):
    copy.run(params=NOON)
    before, rows = copy.digests(), copy.rows()
    told = copy.run(params=NOON)
    assert copy.digests() == before
    assert copy.rows() == rows
    assert "committed before, not written again" in told
    assert "nothing: no batch was pending" in told


def test_the_time_of_a_run_is_taken_when_none_is_asked_for(copy):
    copy.run()
    assert re.fullmatch(r"20\d{6}T\d{6}Z", *copy.in_table())


def test_pipelines_can_be_run_one_after_the_other(copy):
    told = copy.run("--pipelines", "generation", params=NOON)
    assert "kedro run --pipelines loading loads it" in told
    assert not copy.warehouse_path.exists()
    copy.run("--pipelines", "loading")
    assert list(copy.in_table()) == ["20261122T120000Z"]


def test_loading_an_empty_lake_is_no_error(copy):
    assert "nothing: no batch was pending" in copy.run("--pipelines", "loading")


def test_a_backfilled_batch_is_found(copy):
    copy.run(params="execution_time=2026-11-22")
    copy.run("--pipelines", "generation", params="execution_time=2026-11-01")
    copy.run("--pipelines", "loading")
    assert len(copy.in_table()) == 2


@pytest.mark.parametrize("runner", ["SequentialRunner", "ThreadRunner"])
def test_runners_that_share_memory_do(copy, runner):
    copy.run("--runner", runner, params=NOON)
    assert copy.in_table() == copy.in_ledger()


def test_the_parallel_runner_is_refused_with_the_reason(copy):
    assert "datasets already use all cores" in copy.refuse("--runner", "ParallelRunner")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("generation.min_rows=0", "Parameter 'generation': min_rows: .*got 0"),
        ("generation.min_rows=5,generation.max_rows=4", r"min_rows \(5\) is greater than max_rows"),
        ("seed=abc", "Parameter 'seed': .*got 'abc'"),
        ("execution_time=yesterday", "Parameter 'execution_time': expected now, or an ISO 8601"),
        ("world.locales=[xx_XX]", "unknown locale.* xx_XX"),
        ("generation.colour=red", "No pipeline has a parameter 'generation.colour'"),
        ("sede=7", r"No pipeline has a parameter 'sede' \(set in --params\)\. Did you mean 'seed'"),
    ],
)
def test_senseless_parameters_are_refused_before_anything_is_written(copy, params, message):
    error = copy.refuse("--params", params)
    assert re.search(message, error)
    assert not (copy.root / "data").exists()


def test_another_seed_for_a_committed_batch_is_refused(copy):
    copy.run(params=NOON)
    error = copy.refuse("--params", f"{SMALL},{NOON},seed=1")
    assert "seed was 20261122, now 1" in error


def test_a_bad_batch_fails_the_run_once_the_others_are_loaded(copy):
    for day in (21, 22, 23):
        copy.run("--pipelines", "generation", params=f"execution_time=2026-11-{day}")
    copy.part_files()[1].unlink()
    error = copy.refuse("--pipelines", "loading")
    assert "1 batch of transactions could not be loaded" in error
    assert "Batch 20261122T000000Z of transactions: its part" in error
    assert list(copy.in_table()) == ["20261121T000000Z", "20261123T000000Z"]


def test_a_lost_part_is_written_again_by_the_command_of_the_error(copy):
    copy.run("--pipelines", "generation", params=f"{NOON},generation.refund_share=0.1,seed=3")
    (part,) = copy.part_files()
    content = part.read_bytes()
    part.unlink()
    error = copy.refuse("--pipelines", "loading")
    command, manifest = re.search(
        r"To repair it, run: kedro (.*) with the settings that (\S+) lists under configuration",
        error,
    ).groups()
    settings = json.loads(Path(manifest).read_text())["configuration"]
    asked = {key: settings[key] for key in ("seed", "world", "generation")}
    del asked["world"]["fingerprint"]
    (copy.root / "conf/local/parameters.yml").write_text(json.dumps(asked))
    repaired = copy.kedro(*command.split())
    assert repaired.returncode == 0, repaired.stderr
    assert part.read_bytes() == content
    assert copy.kedro("run", "--pipelines", "loading").returncode == 0
    assert list(copy.in_table()) == ["20261122T120000Z"]


def test_names_that_are_not_there_are_refused_without_a_traceback(copy):
    assert "Did you mean 'loading'? Known: " in copy.refuse("--pipelines", "loadin")
    assert "no environment 'nope' in conf. Known: aws, local, sandbox" in copy.refuse(
        "--env", "nope"
    )
    (copy.root / "conf/local/globals.yml").write_text("[1]")
    assert copy.refuse() == (
        "Error: conf/local/globals.yml: expected a mapping (`name: value`), found a list.\n"
    )
    planned = copy.kedro("plan")
    assert (planned.returncode, planned.stderr) == (1, copy.refuse())


def test_no_secret_of_the_environment_can_be_read_by_a_parameter(copy):
    secret = "s3cr3t-canary"
    for text in (
        "${oc.env:TXN_WAREHOUSE_PASSWORD}",
        "${oc.decode:'${oc.env:TXN_WAREHOUSE_PASSWORD}'}",
    ):
        done = copy.kedro(
            "run", "--verbose", "--params", f"execution_time={text}", TXN_WAREHOUSE_PASSWORD=secret
        )
        assert done.returncode == 1
        assert "Parameter 'execution_time' in --params has ${ in it" in done.stderr
        assert secret not in done.stdout + done.stderr
    assert not (copy.root / "data").exists()


def test_one_value_of_a_group_may_be_overridden_in_conf_local(copy):
    (copy.root / "conf/local/parameters.yml").write_text(
        "generation: {min_rows: 10, max_rows: 10}\nworld: {customers: 500, merchants: 200}\n"
    )
    done = copy.kedro("run")
    assert done.returncode == 0, done.stderr
    assert list(copy.in_table().values()) == [10]


def test_verbose_shows_where_an_error_was_raised(copy):
    done = copy.kedro("run", "--verbose", "--params", "seed=x")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_the_pipelines_are_registered(copy):
    listed = copy.kedro("registry", "list").stdout
    assert listed.split() == ["-", "__default__", "-", "generation", "-", "loading"]


def test_the_catalog_describes_its_datasets(copy):
    described = copy.kedro("catalog", "describe-datasets", "--pipeline", "loading").stdout
    for name in ("transactions", "customers", "cards", "merchants"):
        assert f"- lake_{name}" in described
        assert f"- warehouse_{name}" in described
    assert "- load_ledger" in described
    assert "DuckDBTableDataset" in described


def test_make_viz_starts_without_a_deprecation_warning():
    recipe = (ROOT / "Makefile").read_text().partition("\nviz:")[2]
    ignored = re.search("PYTHONWARNINGS='(.*?)'", recipe)[1]
    done = subprocess.run(
        [sys.executable, "-c", "import kedro_viz.api.apps"],
        env={**os.environ, "PYTHONWARNINGS": ignored},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_ipython_has_a_catalog_that_loads_lazily_as_the_readme_shows(copy):
    copy.run(params=NOON)
    readme = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```python\n(batches = .*?)```", readme, re.DOTALL)
    script = (
        "print(type(batches[max(batches)].rows()).__name__, "
        "query.count() == sum(batch.rows().count_rows() for batch in batches.values()), "
        "set(large.to_pandas().currency), len(catalog.load('load_ledger')))"
    )
    # Kedro starts the ipython that it finds on the path, as in an activated environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["kedro", "ipython"],
        input=f"{example}\n{script}\nexit\n",
        cwd=copy.root,
        env={**os.environ, "PATH": path, "IPYTHONDIR": str(copy.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FileSystemDataset True {'EUR'} 4" in done.stdout, done.stdout + done.stderr
    header, *rows = done.stdout.partition("event_ts ")[2].splitlines()[:6]
    assert header.split() == ["amount", "currency", "category", "status"]
    assert all("EUR" in row and len(row) <= 80 for row in rows)


def test_the_local_environment_repeats_nothing_of_what_base_declares(copy):
    import yaml

    base = yaml.safe_load((copy.root / "conf/base/catalog.yml").read_text())
    local = yaml.safe_load((copy.root / "conf/local/catalog.yaml").read_text())
    for name, entry in local.items():
        repeated = {key for key, value in entry.items() if base[name].get(key) == value}
        assert repeated == set(), name
