"""The warehouses that must all behave alike."""

from __future__ import annotations

import pytest

from redshift_sandbox import Sandbox
from tests.conftest import Project
from tests.redshift import DataApiProject, RedshiftProject, over_data_api

WAREHOUSES = {"embedded": "project", "redshift": "redshift", "data_api": "data_api"}
"""Names of the warehouses, each with the fixture of an empty lake and an empty warehouse."""


@pytest.fixture
def data_api(redshift: RedshiftProject, sandbox: Sandbox) -> DataApiProject:
    """An empty lake and an empty warehouse, which is reached through the Data API."""
    return over_data_api(redshift, sandbox)


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("redshift", marks=pytest.mark.server),
        pytest.param("data_api", marks=pytest.mark.server),
    ]
)
def store(request: pytest.FixtureRequest) -> Project:
    """A lake and a warehouse of each kind."""
    return request.getfixturevalue(WAREHOUSES[request.param])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("txn_kedro.warehouse.retrying._FIRST_PAUSE", 0.01)
