"""The wheel: built, installed elsewhere, run with its configuration."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.paths import ROOT

pytestmark = pytest.mark.slow

SMALL = "generation.min_rows=1000,generation.max_rows=1000,world.customers=500,world.merchants=200"


def run(*command: str, cwd: Path) -> str:
    # Kedro puts the project of a session on this path, for good.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """What ``kedro package`` makes of a copy of the project."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("conf", "src"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".telemetry"):
        shutil.copy(ROOT / name, copy / name)
    kedro = str(Path(sys.executable).with_name("kedro"))
    done = subprocess.run([kedro, "package"], cwd=copy, capture_output=True, text=True, check=False)
    if "No matching distribution found for setuptools" in done.stdout + done.stderr:
        pytest.skip("kedro package builds with a setuptools of its own; no package index answers")
    assert done.returncode == 0, done.stdout + done.stderr
    return copy / "dist"


def test_the_wheel_runs_with_the_packaged_configuration(dist, tmp_path):
    (wheel,) = dist.glob("*.whl")
    python = tmp_path / "venv/bin/python"
    run(sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv"), cwd=tmp_path)
    site = Path(
        run(
            str(python), "-c", "import site; print(site.getsitepackages()[0])", cwd=tmp_path
        ).strip()
    )
    shutil.unpack_archive(wheel, site, "zip")
    # Its dependencies are those of this environment; the project itself must be the wheel's.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    where = run(str(python), "-c", "import txn_kedro; print(txn_kedro.__file__)", cwd=tmp_path)
    assert where.startswith(str(site))
    conf = dist / "conf-txn_kedro.tar.gz"
    told = run(
        str(python), "-m", "txn_kedro", "--conf-source", str(conf), "--params", SMALL, cwd=tmp_path
    )
    assert "1,000 transactions" in " ".join(told.split())
    assert re.match(r"\d\d:\d\d:\d\d INFO    customers ", told)
    assert "make" not in told.rpartition("Next")[2]
    (tmp_path / "data/lake").is_dir()
    assert sum(Project(tmp_path / "data").in_ledger().values()) == 1000
