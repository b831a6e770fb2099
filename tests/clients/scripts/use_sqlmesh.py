"""SQLMesh: plans, an environment, and a restatement."""

import sys

from reporting import attempt, report
from sqlmesh import Context

context = Context(paths=sys.argv[1])


def plan() -> None:
    context.plan(auto_apply=True, no_prompts=True)
    assert context.fetchdf("SELECT n FROM shop.v").n.tolist() == [2]


def environment() -> None:
    context.plan("dev", auto_apply=True, no_prompts=True, include_unmodified=True)
    assert context.fetchdf("SELECT n FROM shop__dev.v").n.tolist() == [2]


def restatement() -> None:
    context.plan(restate_models=["shop.events"], auto_apply=True, no_prompts=True)
    assert context.fetchdf("SELECT n FROM shop.v").n.tolist() == [2]


attempt("sqlmesh", "`plan`: full, incremental and view models, audits", plan)
attempt("sqlmesh", "`plan` of a second environment", environment)
attempt("sqlmesh", "`plan` with a restated model", restatement)
report()
