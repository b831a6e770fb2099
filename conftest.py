"""What the tests and the doctests in ``src`` share: one sandbox, started when first asked for."""

from __future__ import annotations

import os
import signal
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.campaigns import SEED_VARIABLE, new_seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from redshift_sandbox import Sandbox
    from tests.redshift import RedshiftProject


DOCTEST_OF_REDSHIFT = "RedshiftTableDataset"
LONGEST = ("test_alive.py", "test_apply.py")


def pytest_configure(config: pytest.Config) -> None:
    # Airflow makes its home when it is imported.
    cache = getattr(config, "cache", None)
    os.environ["AIRFLOW_HOME"] = str(cache.mkdir("airflow") if cache else tempfile.mkdtemp())
    # Of all processes of the tests: they inherit it.
    os.environ.setdefault(SEED_VARIABLE, new_seed())
    # A shell without job control starts background jobs with Ctrl-C ignored, and that is inherited.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"sample of the campaigns: {SEED_VARIABLE}={os.environ[SEED_VARIABLE]} repeats it"


def pytest_xdist_auto_num_workers() -> int:
    # One more than there are cores, since many tests wait.
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if uses_sandbox(item):
            item.add_marker("server")
        if "copy" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")  # it starts kedro
    # The longest first, so that none is left in the end; Terraform's mostly waits.
    items.sort(key=lambda item: item.path.name not in LONGEST)


def uses_sandbox(item: pytest.Item) -> bool:
    asked = getattr(item, "fixturenames", ())
    return "sandbox" in asked or item.name.endswith(DOCTEST_OF_REDSHIFT)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    from redshift_sandbox import Sandbox

    with Sandbox() as started:
        yield started


@pytest.fixture
def redshift(sandbox: Sandbox) -> RedshiftProject:
    """An empty lake on S3 and an empty database of Redshift, under snapshot isolation."""
    from tests.redshift import new_project

    return new_project(sandbox)


@pytest.fixture(autouse=True)
def _names_of_doctests(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], tmp_path: Path
) -> None:
    doctest_namespace["tmp_path"] = tmp_path
    if request.node.name.endswith(DOCTEST_OF_REDSHIFT):
        project = request.getfixturevalue("redshift")
        doctest_namespace["s3_lake"] = project.where["filepath"]
        doctest_namespace["s3_credentials"] = project.where["credentials"]
        doctest_namespace["redshift_credentials"] = project.credentials
