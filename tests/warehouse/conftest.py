"""The warehouses that must all behave alike."""

from __future__ import annotations

import pytest

from tests.conftest import Project

WAREHOUSES = {"embedded": "project", "redshift": "redshift"}
"""Names of the warehouses, each with the fixture of an empty lake and an empty warehouse."""


@pytest.fixture(params=["embedded", pytest.param("redshift", marks=pytest.mark.server)])
def store(request: pytest.FixtureRequest) -> Project:
    """A lake and a warehouse of each kind."""
    return request.getfixturevalue(WAREHOUSES[request.param])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("txn_kedro.warehouse.retrying._FIRST_PAUSE", 0.01)
