"""What the tests and the doctests in ``src`` share: one sandbox, started when first asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.redshift import RedshiftProject
    from txn_kedro.sandbox import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    # Airflow makes its home when it is imported.
    os.environ["AIRFLOW_HOME"] = str(config.cache.mkdir("airflow"))


def pytest_xdist_auto_num_workers() -> int:
    # One more than there are cores, since many tests wait.
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # These mostly wait, so they go first, beside tests that compute.
    items.sort(key=lambda item: item.path.name != "test_apply.py")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    from txn_kedro.sandbox import Sandbox

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
    if request.node.name.endswith("RedshiftTableDataset"):
        project = request.getfixturevalue("redshift")
        doctest_namespace["s3_lake"] = project.where["filepath"]
        doctest_namespace["s3_credentials"] = project.where["credentials"]
        doctest_namespace["redshift_credentials"] = project.credentials
