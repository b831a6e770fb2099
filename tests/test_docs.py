"""The docs agree with the code, and their commands run."""

import math
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import KEDRO, SMALL, Copy
from tests.paths import ROOT
from txn_kedro.synthesis.tables import TABLES
from txn_kedro.warehouse.ledger import LOAD_LEDGER

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = {
    ".venv/bin/kedro": KEDRO,
    ".venv/bin/python": sys.executable,
    ".venv/bin/redshift-sandbox": str(Path(KEDRO).with_name("redshift-sandbox")),
}
COMMANDS = sorted(
    {
        line
        for page in PAGES
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL)
        for line in block.splitlines()
    }
)


def columns_of_all_tables() -> str:
    return "\n\n".join(
        f"### {table.name}\n\n{table.description}.\n\n{table.markdown()}"
        for table in (*TABLES.values(), LOAD_LEDGER)
    )


def test_the_columns_in_the_docs_are_those_of_the_tables():
    documented = (ROOT / "docs/data.md").read_text()
    assert columns_of_all_tables() in documented, "paste this into docs/data.md:\n" + (
        columns_of_all_tables()
    )


def test_every_dependency_is_explained():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    sandbox = tomllib.loads((ROOT / "src/redshift_sandbox/pyproject.toml").read_text())["project"]
    groups = [
        project["dependencies"],
        sandbox["dependencies"],
        *project["optional-dependencies"].values(),
    ]
    wanted = {re.match(r"[\w-]+", requirement)[0] for group in groups for requirement in group}
    documented = (ROOT / "docs/development.md").read_text()
    named = {name for name in wanted if re.search(rf"^\|.*\b{name}\b", documented, re.MULTILINE)}
    assert wanted - named == set()


def test_every_link_has_a_target():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_make_target_in_the_docs_exists_and_has_help():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    known = set(re.findall(r"^  make (\S+)", listed.stdout, re.MULTILINE))
    named = {t for page in PAGES for t in re.findall(r"`?\bmake ([a-z-]+)`", page.read_text())}
    named |= {line.removeprefix("make ") for line in COMMANDS if line.startswith("make ")}
    assert named <= known


def test_the_costs_are_the_products_of_their_inputs():
    page = (ROOT / "docs/aws.md").read_text()
    times = " \N{MULTIPLICATION SIGN} "
    rows = re.findall(rf"^\| .+ \| (.+{times}.+) \| ([\d.]+) \|$", page, re.MULTILINE)
    assert len(rows) > 10
    for inputs, dollars in rows:
        factors = [float(re.search(r"[\d.]+", factor)[0]) for factor in inputs.split(times)]
        assert f"{math.prod(factors):.2f}" == dollars, inputs


def test_the_sizes_of_the_environment_are_those_that_its_script_prints():
    sizes = re.findall(
        r"^ +(\w+)\) echo \"(\S+) packages, (.+) MB to download, (.+) MB on disk\"",
        (ROOT / "tools/environment.sh").read_text(),
        re.MULTILINE,
    )
    rows = re.findall(
        r"^\| .* \| (\w+) \| (\d+) \| (\d+) MB \| ([\d,]+) MB \|",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    assert rows == sizes


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [c for c in COMMANDS if not c.startswith("make ") and not c.endswith("package")],
)
def test_the_commands_in_the_docs_run(copy: Copy, command: str):
    program, *arguments = shlex.split(command)
    if arguments[0] == "run":
        asked = arguments.index("--params") + 1 if "--params" in arguments else None
        if asked is None:
            arguments += ["--params", SMALL]
        else:
            arguments[asked] += f",{SMALL}"
    done = copy.call(PROGRAMS[program], *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_demo_generates_loads_and_stops():
    done = subprocess.run(
        ["make", f"BIN={Path(sys.executable).parent}", "-o", ".venv/ready-sandbox", "sandbox-demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/dev: 4 batches, " in done.stdout
    assert "the sandbox stops and deletes its data; make sandbox keeps one up" in done.stdout
