"""The workflows of .github: their permissions, what they call, and the scripts that they run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.paths import ROOT

GITHUB = ROOT / ".github"
BIN = Path(sys.executable).parent
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))
SCRIPTS = sorted(GITHUB.glob("scripts/*.sh"))
TEXTS = {path: path.read_text() for path in [*WORKFLOWS, *ACTIONS]}
JOBS = {
    f"{path.stem}:{name}": job
    for path in WORKFLOWS
    for name, job in yaml.safe_load(TEXTS[path])["jobs"].items()
}
STEPS = [step for job in JOBS.values() for step in job["steps"]] + [
    step for path in ACTIONS for step in yaml.safe_load(TEXTS[path])["runs"]["steps"]
]
RUNS = [step["run"] for step in STEPS if "run" in step]
LIMIT = 65_536


def call(*command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


# The files


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", ACTIONS),
        ("dependabot", [GITHUB / "dependabot.yml"]),
    ],
)
def test_every_file_is_valid(schema, paths):
    done = call(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)
    assert done.returncode == 0, done.stdout


def test_the_security_linter_finds_nothing():
    done = call(BIN / "zizmor", "--offline", "--pedantic", "--quiet", GITHUB)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(
    not (BIN / "shellcheck").exists(), reason="shellcheck has no wheel for Linux on arm64"
)
def test_the_shell_linter_finds_nothing():
    done = call(BIN / "shellcheck", *SCRIPTS)
    assert done.returncode == 0, done.stdout
    for run in RUNS:
        done = call(BIN / "shellcheck", "--shell", "bash", "-", input=run)
        assert done.returncode == 0, done.stdout


def test_scripts_stop_at_the_first_failure():
    for script in SCRIPTS:
        assert "\nset -euo pipefail\n" in script.read_text()
        assert script.stat().st_mode & stat.S_IXUSR
    for workflow in WORKFLOWS:
        assert yaml.safe_load(TEXTS[workflow])["defaults"] == {"run": {"shell": "bash"}}


def test_scripts_get_foreign_text_through_variables_only():
    assert [run for run in RUNS if "${{" in run] == []


def test_every_action_is_pinned_to_a_commit_with_its_version_in_a_comment():
    for text in TEXTS.values():
        for uses in re.findall(r"uses: (.+)", text):
            assert re.fullmatch(r"\$/\.github/\S+|\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses), uses


def test_an_action_is_pinned_to_the_same_commit_everywhere():
    pins = {use for text in TEXTS.values() for use in re.findall(r"uses: (\S+@\S+)", text)}
    assert len({pin.split("@")[0] for pin in pins}) == len(pins)


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_a_time_limit_permissions_and_a_fixed_runner(name):
    job = JOBS[name]
    assert job["timeout-minutes"] <= 60
    assert "permissions" in job
    runners = job.get("strategy", {}).get("matrix", {}).get("runner", [job["runs-on"]])
    assert job["runs-on"] in {*runners, "${{ matrix.runner }}"}
    for runner in runners:
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d(-arm)?|macos-\d\d(-intel)?", runner)


def test_only_jobs_that_use_aws_or_write_to_github_have_more_than_read_permissions():
    more = {
        name: {right for right, how in job["permissions"].items() if how == "write"}
        for name, job in JOBS.items()
    }
    assert {name: rights for name, rights in more.items() if rights} == {
        "pipeline:batch": {"id-token"},
        "terraform:plan": {"id-token", "pull-requests"},
        "terraform:plan-main": {"id-token"},
        "terraform:apply": {"id-token"},
        "terraform:drift": {"id-token", "issues"},
    }


def test_no_credentials_are_stored():
    for path in [*TEXTS, *SCRIPTS]:
        assert not re.search(r"secrets\.|AWS_ACCESS_KEY|AWS_SECRET", path.read_text()), path
    assert "persist-credentials: true" not in "".join(TEXTS.values())
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_copy_without_roles_skips_the_jobs_that_need_one():
    for name, job in JOBS.items():
        for step in job["steps"]:
            role = step.get("with", {}).get("role-to-assume")
            if role and name != "terraform:apply":
                assert f"{role.strip('${} ')} != ''" in job["if"]
    assert JOBS["terraform:apply"]["needs"] == "plan-main"


def test_only_the_apply_job_uses_the_deploy_role():
    roles = {
        name: role
        for name, job in JOBS.items()
        for step in job["steps"]
        if (role := step.get("with", {}).get("role-to-assume"))
    }
    deploys = {name for name, role in roles.items() if "TERRAFORM_DEPLOY_ROLE_ARN" in role}
    assert deploys == {"terraform:apply"}
    assert set(roles) - deploys == {
        "pipeline:batch",
        "terraform:plan",
        "terraform:plan-main",
        "terraform:drift",
    }


def test_only_the_job_with_the_deploy_role_waits_for_a_reviewer_and_only_if_there_are_changes():
    waiting = {name: job["environment"] for name, job in JOBS.items() if "environment" in job}
    assert waiting == {"terraform:apply": "production"}
    assert JOBS["terraform:apply"]["if"] == "needs.plan-main.outputs.changes == 'true'"
    module = (ROOT / "terraform/modules/cicd/deploy_role.tf").read_text()
    assert "repo:${var.repository}:environment:production" in module


def test_a_fork_gets_no_plan_and_only_main_is_applied():
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    assert own in JOBS["terraform:plan"]["if"]
    for name in ("pipeline:batch", "terraform:plan-main", "terraform:drift"):
        assert "github.ref == 'refs/heads/main' &&" in JOBS[name]["if"]


def test_no_plan_is_uploaded():
    assert "upload-artifact" not in "".join(TEXTS.values())


def test_every_make_target_of_a_workflow_exists():
    rules = re.findall(r"^([\w./ -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = {target for rule in rules for target in rule.split()}
    made = {target for run in RUNS for target in re.findall(r"\bmake ([\w./-]+)", run)}
    assert {"check", "test"} <= made <= targets


def test_every_script_is_used_and_every_used_script_exists():
    run = {name for text in RUNS for name in re.findall(r"\.github/scripts/(\S+)", text)}
    for script in SCRIPTS:
        run |= set(re.findall(r"/([\w-]+\.sh)\"", script.read_text()))
    assert run == {script.name for script in SCRIPTS}


def test_a_clean_clone_is_run_on_every_platform_of_the_readme():
    job = JOBS["ci:run"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make run PYTHON=python"]
    assert job["strategy"]["matrix"]["runner"] == [
        "ubuntu-24.04",
        "ubuntu-24.04-arm",
        "macos-15",
        "macos-15-intel",
    ]
    readme = (ROOT / "README.md").read_text()
    (head,) = re.findall(r"^\| \| (Linux .*) \|$", readme, re.MULTILINE)
    assert head == "Linux x86_64 | Linux arm64 | macOS arm64 | macOS Intel"


# The scripts


@pytest.mark.parametrize(
    ("output", "code"),
    [("4 passed", 0), ("SKIPPED [1] test_stack.py: no Docker engine answers", 1)],
)
def test_a_skipped_test_is_a_failure_in_ci(output, code):
    done = call(GITHUB / "scripts/without-skips.sh", "echo", output)
    assert done.returncode == code
    assert output in done.stdout


def test_a_failed_test_is_a_failure():
    assert call(GITHUB / "scripts/without-skips.sh", "false").returncode == 1


TERRAFORM = """
import os, pathlib, sys
command, *rest = [word for word in sys.argv[1:] if not word.startswith("-chdir=")]
with open(os.environ["LOG"], "a") as log:
    print("terraform", command, *rest, file=log)
if command == "plan":
    sys.exit(int(os.environ["PLAN_EXITS"]))
if command == "show":
    print(pathlib.Path(os.environ["PLAN"]).read_text())
"""

# It answers requests from a file, through the given jq filter.
GH = """
import os, pathlib, subprocess, sys
words = sys.argv[2:]
method = words[words.index("--method") + 1] if "--method" in words else "GET"
(path,) = [word for word in words if word.startswith("repos/")]
fields = dict(w.split("=", 1) for a, w in zip(words, words[1:]) if a == "--field")
with open(os.environ["LOG"], "a") as log:
    print("gh", method, path, *(f"{k}={v}" for k, v in fields.items() if k != "body"), file=log)
if method == "GET":
    subprocess.run(["jq", words[words.index("--jq") + 1], os.environ["ANSWER"]], check=True)
if "body" in fields:
    body = fields["body"]
    said = pathlib.Path(body[1:]).read_text() if body.startswith("@") else body
    pathlib.Path(os.environ["SAID"]).write_text(said)
"""

BOT, PERSON = {"login": "github-actions[bot]"}, {"login": "someone"}
COMMENTS = "repos/acme/txn-kedro/issues/7/comments"
ISSUES = "repos/acme/txn-kedro/issues"


@dataclass
class Runner:
    """A runner's folder, with stubs of `terraform` and `gh` that log their arguments."""

    root: Path
    environment: dict[str, str]

    def run(self, script: str, *arguments: str, **environment: str):
        return call(
            GITHUB / "scripts" / script,
            *arguments,
            cwd=self.root,
            env={**self.environment, **environment},
        )

    def asked(self) -> list[str]:
        log = self.root / "log"
        return log.read_text().splitlines() if log.exists() else []

    def said(self) -> str:
        return (self.root / "said").read_text()

    def outputs(self) -> dict[str, str]:
        return dict(line.split("=") for line in (self.root / "outputs").read_text().splitlines())

    def shows(self, plan: str) -> str:
        """Make Terraform show this plan from now on, and return its digest."""
        (self.root / "plan").write_text(plan)
        (self.root / "terraform/plan.txt").write_text(f"{plan}\n")
        return hashlib.sha256(f"{plan}\n".encode()).hexdigest()

    def answers(self, *items: dict[str, Any]) -> None:
        """Make GitHub return these comments or issues."""
        (self.root / "answer").write_text(json.dumps(items))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    for name, source in (("terraform", TERRAFORM), ("gh", GH)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!{sys.executable} -I\n{source}")
        program.chmod(0o755)
    backend = tmp_path / "terraform/examples/remote-state/backend.tf"
    backend.parent.mkdir(parents=True)
    backend.write_text('terraform {\n  backend "s3" {}\n}\n')
    made = Runner(
        tmp_path,
        {
            "ANSWER": str(tmp_path / "answer"),
            "AWS_REGION": "eu-central-1",
            "GITHUB_OUTPUT": str(tmp_path / "outputs"),
            "GITHUB_REPOSITORY": "acme/txn-kedro",
            "GITHUB_RUN_ID": "12345",
            "GITHUB_SERVER_URL": "https://github.com",
            "LOG": str(tmp_path / "log"),
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PLAN": str(tmp_path / "plan"),
            "PLAN_EXITS": "2",
            "SAID": str(tmp_path / "said"),
            "TERRAFORM_STATE_BUCKET": "acme-state",
            "TERRAFORM_VARIABLES": 'name = "acme"\n',
        },
    )
    made.shows("Plan: 1 to add, 0 to change, 0 to destroy.")
    made.answers()
    return made


needs_jq = pytest.mark.skipif(not shutil.which("jq"), reason="stands in for gh's own: install jq")


@pytest.mark.parametrize(("code", "changes"), [("0", "false"), ("2", "true")])
def test_a_plan_uses_the_remote_state_and_outputs_whether_there_are_changes(runner, code, changes):
    digest = runner.shows("Plan: 1 to add.")
    done = runner.run("terraform-plan.sh", "-lock=false", PLAN_EXITS=code)
    assert done.returncode == 0, done.stderr
    assert runner.asked() == [
        "terraform init -input=false -no-color -backend-config=bucket=acme-state"
        " -backend-config=region=eu-central-1",
        "terraform plan -input=false -no-color -detailed-exitcode -out=plan -lock=false",
        "terraform show -no-color plan",
    ]
    assert runner.outputs() == {"changes": changes, "digest": digest}
    assert (runner.root / "terraform/backend.tf").exists()
    assert (runner.root / "terraform/ci.auto.tfvars").read_text().startswith('name = "acme"\n')


def test_a_failed_plan_fails_the_step_and_sets_no_outputs(runner):
    assert runner.run("terraform-plan.sh", PLAN_EXITS="1").returncode == 1
    assert not (runner.root / "outputs").exists()


@pytest.mark.parametrize("variable", ["AWS_REGION", "TERRAFORM_STATE_BUCKET"])
def test_a_missing_repository_variable_is_named(runner, variable):
    done = runner.run("terraform-plan.sh", **{variable: ""})
    assert done.returncode != 0
    assert f"{variable}: set the repository variable" in done.stderr
    assert runner.asked() == []


def test_the_approved_plan_is_applied(runner):
    approved = runner.shows("Plan: 1 to add.")
    done = runner.run("terraform-apply.sh", APPROVED=approved)
    assert done.returncode == 0, done.stderr
    assert runner.asked()[-1] == "terraform apply -input=false -no-color -lock-timeout=5m plan"


@pytest.mark.parametrize("code", ["0", "2"])
def test_a_plan_other_than_the_approved_one_is_refused(runner, code):
    approved = runner.shows("Plan: 1 to add.")
    runner.shows("Plan: 1 to add, 9 to destroy.")
    done = runner.run("terraform-apply.sh", APPROVED=approved, PLAN_EXITS=code)
    assert done.returncode == 1
    assert "The plan differs from the approved one" in done.stdout
    assert not any(line.startswith("terraform apply") for line in runner.asked())


def test_nothing_is_applied_without_an_approved_plan(runner):
    assert runner.run("terraform-apply.sh", APPROVED="").returncode != 0
    assert runner.asked() == []


def comment_plan(runner: Runner) -> None:
    done = runner.run("comment-plan.sh", PULL_REQUEST="7", COMMIT="0123456789abcdef")
    assert done.returncode == 0, done.stderr


@needs_jq
def test_the_first_plan_of_a_pull_request_is_a_new_comment(runner):
    runner.answers({"id": 1, "user": PERSON, "body": "<!-- terraform plan -->, I quote"})
    comment_plan(runner)
    assert runner.asked() == [f"gh GET {COMMENTS}", f"gh POST {COMMENTS}"]
    assert runner.said().startswith("<!-- terraform plan -->\n### Terraform plan of 0123456\n")
    assert "\nPlan: 1 to add, 0 to change, 0 to destroy.\n" in runner.said()
    assert "https://github.com/acme/txn-kedro/actions/runs/12345" in runner.said()


@needs_jq
def test_the_next_plan_updates_the_comment(runner):
    comment_plan(runner)
    runner.answers(
        {"id": 1, "user": BOT, "body": "something else"},
        {"id": 2, "user": BOT, "body": runner.said()},
        {"id": 3, "user": PERSON, "body": runner.said()},
    )
    runner.shows("Plan: 2 to add.")
    comment_plan(runner)
    assert runner.asked()[2:] == [
        f"gh GET {COMMENTS}",
        "gh PATCH repos/acme/txn-kedro/issues/comments/2",
    ]
    assert "Plan: 2 to add." in runner.said()


@needs_jq
@pytest.mark.parametrize("line", ["  + resource", "  + größer als „drei“ 🙂", "x" * 70_000])
def test_a_long_plan_is_truncated_to_the_limit_and_says_so(runner, line):
    runner.shows("\n".join(["First line", *[line] * (400_000 // len(line))]))
    comment_plan(runner)
    assert len(runner.said()) <= LIMIT
    assert "First line\n" in runner.said()
    assert "**Truncated: the plan is too long.**" in runner.said()
    lines = set(runner.said().split("~~~~~~~~\n")[1].splitlines())
    assert lines <= {"First line", line}


@pytest.mark.parametrize("length", [9_500, 9_700, 9_800, 9_900])
def test_a_plan_is_never_longer_than_the_limit(runner, length):
    runner.shows("x" * 80 + "\n" + "y" * (length - 82))
    done = runner.run("plan-as-markdown.sh", "Terraform plan", "10000")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) <= 10_000


@needs_jq
def test_drift_fails_the_job_and_opens_an_issue(runner):
    runner.answers({"number": 1, "user": PERSON}, {"number": 2, "user": BOT, "pull_request": {}})
    assert runner.run("report-drift.sh", CHANGES="true").returncode == 1
    assert runner.asked() == [
        f"gh GET {ISSUES} state=open labels=drift",
        f"gh POST {ISSUES} title=Terraform drift labels[]=drift",
    ]
    assert "Plan: 1 to add" in runner.said()


@needs_jq
def test_drift_that_persists_updates_the_issue(runner):
    runner.answers({"number": 9, "user": BOT})
    assert runner.run("report-drift.sh", CHANGES="true").returncode == 1
    assert runner.asked()[1:] == [f"gh PATCH {ISSUES}/9"]


@needs_jq
def test_drift_that_is_gone_closes_the_issue(runner):
    runner.answers({"number": 9, "user": BOT})
    assert runner.run("report-drift.sh", CHANGES="false").returncode == 0
    assert runner.asked()[1:] == [
        f"gh POST {ISSUES}/9/comments",
        f"gh PATCH {ISSUES}/9 state=closed",
    ]


@needs_jq
def test_without_drift_and_issue_nothing_is_written(runner):
    assert runner.run("report-drift.sh", CHANGES="false").returncode == 0
    assert runner.asked() == [f"gh GET {ISSUES} state=open labels=drift"]
