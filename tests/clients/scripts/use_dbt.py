"""dbt-redshift: builds a project twice, and its documentation."""

import sys

from dbt.cli.main import dbtRunner
from reporting import attempt, report

project = ["--project-dir", sys.argv[1], "--profiles-dir", sys.argv[1], "--quiet"]
models = {"events", "daily", "merged", "bound", "late", "not_null_daily_id", "unique_daily_id"}


def run(*arguments: str) -> object:
    done = dbtRunner().invoke([*arguments, *project])
    if not done.success:
        raise RuntimeError([result.message for result in done.result or []] or done.exception)
    return done.result


def build() -> None:
    built = {result.node.name for result in run("build")}
    assert {name.split(".")[0] for name in built} == models, built


def documentation() -> None:
    catalog = run("docs", "generate")
    assert {node.metadata.name for node in catalog.nodes.values()} >= {"events", "daily", "bound"}


attempt(
    "dbt-redshift",
    "`build`: tables, incremental models (delete+insert, merge), views, tests",
    build,
)
attempt("dbt-redshift", "`build` again", build)
attempt("dbt-redshift", "`docs generate`", documentation)
report()
