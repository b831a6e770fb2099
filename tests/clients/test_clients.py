"""Other people's clients use the sandbox; docs/clients.md shows how, and lists what works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.environments import REQUIREMENTS, python_of
from tests.conftest import small_batch
from tests.paths import ROOT

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent
PAGE = ROOT / "docs/clients.md"
TEXT = PAGE.read_text()
# None of them may call home.
SILENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
CLIENTS = ["awswrangler", "dataframes", "dbt", "dlt", "sqlmesh", "psql"]
# The environment in which the Python under a heading of the page runs.
SNIPPETS = {
    "awswrangler": "awswrangler",
    "pandas": "dataframes",
    "polars": "dataframes",
    "DuckDB": "dataframes",
    "dlt": "dlt",
}


def block(heading: str, language: str) -> str:
    """The block of code under a heading of the page."""
    (section,) = re.findall(rf"^## {heading}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return found


def here(code: str, sandbox, database: str = "dev") -> str:
    """Code of the page, with the ports of the sandbox that the tests use."""
    ports = {"15439": str(sandbox.redshift_port), "18333": str(sandbox.s3_port)}
    for usual, port in ports.items():
        code = code.replace(usual, port)
    return re.sub(r"(?<=: )dev$", database, code, flags=re.MULTILINE)


def version_of(package: str) -> str:
    """The package and its version, as the locks have it; a program without a lock by its name."""
    locks = "".join(lock.read_text() for lock in sorted(REQUIREMENTS.glob("*.lock")))
    if package == "dbt-redshift":
        locks = (REQUIREMENTS / "dbt.lock").read_text()
    found = re.search(rf"^{re.escape(package)}==(\S+)", locks, re.MULTILINE)
    return f"{package} {found[1]}" if found else package


def python(client: str) -> str:
    """The Python that runs a client."""
    if client != "psql":
        return str(python_of(client))
    if not shutil.which("psql"):
        pytest.skip("psql is not installed: install PostgreSQL's client")
    return sys.executable


def write_projects(folder: Path, sandbox, database: str) -> None:
    """Projects of dbt and SQLMesh, with the configuration that the page shows, but with TLS."""
    for client, heading, name in (
        ("dbt", "dbt", "profiles.yml"),
        ("sqlmesh", "SQLMesh", "config.yaml"),
    ):
        shutil.copytree(HERE / f"{client}_shop", folder / client)
        shown = here(block(heading, "yaml"), sandbox, database)
        encrypted = re.sub(r" +(sslmode: disable|ssl: false)\n", "", shown)
        assert encrypted != shown
        (folder / client / name).write_text(encrypted)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_does_what_the_page_says_of_it(client, redshift, sandbox, tmp_path):
    interpreter = python(client)
    redshift.lake_table("transactions").save(small_batch(rows=100))
    (manifest,) = redshift.s3.glob(f"{redshift.prefix}/manifests/*.json")
    write_projects(tmp_path, sandbox, redshift.database)
    done = subprocess.run(
        [interpreter, str(HERE / "scripts" / f"use_{client}.py"), str(tmp_path / client)],
        cwd=tmp_path,
        env={
            **os.environ,
            **SILENT,
            **sandbox.environment,
            "SSL_CERT_FILE": str(sandbox.certificate),
            "HOME": str(tmp_path),
            "CLIENT_DATABASE": redshift.database,
            "CLIENT_LAKE": f"s3://{redshift.prefix}",
            "CLIENT_MANIFEST": f"s3://{manifest}",
            "CLIENT_ROWS": "100",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    rows = "\n".join(
        f"| {version_of(package)} | {action} | {outcome} |" for package, action, outcome in outcomes
    )
    assert f"{rows}\n" in TEXT, f"the table of {PAGE.name} must have these rows:\n{rows}"


def test_what_the_page_shows_in_python_runs(copy, sandbox, monkeypatch, tmp_path):
    pythons = {environment: python(environment) for environment in {*SNIPPETS.values()}}
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    copy.run("--env", "sandbox")
    for heading, environment in SNIPPETS.items():
        done = subprocess.run(
            [pythons[environment], "-c", here(block(heading, "python"), sandbox)],
            cwd=tmp_path,
            env={**os.environ, **SILENT, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{heading}: {done.stdout}{done.stderr}"
        assert done.stdout, f"{heading} shows nothing"
