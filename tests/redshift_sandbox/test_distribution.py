"""The sandbox is a distribution of its own: its wheel starts where the project is not."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.slow


def build(source: Path, folder: Path) -> zipfile.ZipFile:
    """The wheel of a distribution, built with what is installed here."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*command, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel)


@pytest.fixture
def wheel(tmp_path) -> zipfile.ZipFile:
    source = tmp_path / "redshift_sandbox"
    ignore = shutil.ignore_patterns("*.egg-info", "build", "__pycache__")
    shutil.copytree(ROOT / "src/redshift_sandbox", source, ignore=ignore)
    return build(source, tmp_path / "dist")


def test_its_wheel_holds_all_of_it_and_nothing_else(wheel):
    code = {name for name in wheel.namelist() if ".dist-info/" not in name}
    sources = {
        f"redshift_sandbox/{path.name}"
        for path in (ROOT / "src/redshift_sandbox").iterdir()
        if path.suffix in {".py", ".sql"}
    }
    assert code == sources


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that every user may enter: started by root, PostgreSQL runs as another."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_it_starts_in_an_environment_without_the_project(wheel, outside):
    python = outside / "bin/python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", outside], check=True)
    site = next((outside / "lib").glob("python*/site-packages"))
    wheel.extractall(site)
    # Its dependencies are those of this environment, without the projects that are installed there.
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if "txn_kedro" not in package.name and "redshift_sandbox" not in package.name:
            (site / package.name).symlink_to(package)
    (python.parent / "weed").symlink_to(Path(sysconfig.get_path("scripts")) / "weed")
    script = (
        "import importlib.util, redshift_sandbox as r\n"
        "assert importlib.util.find_spec('txn_kedro') is None\n"
        "with r.Sandbox() as sandbox: print(r.__file__, sandbox.redshift_port > 0)"
    )
    done = subprocess.run(
        [python, "-c", script],
        cwd=site,
        env={"PATH": os.environ["PATH"], "HOME": str(outside)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{site / 'redshift_sandbox/__init__.py'} True\n", done.stderr


def test_the_projects_wheel_does_not_hold_it(tmp_path):
    source = tmp_path / "project"
    ignore = shutil.ignore_patterns("*.egg-info", "build", "__pycache__")
    shutil.copytree(ROOT / "src", source / "src", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    names = build(source, tmp_path / "dist").namelist()
    assert not [name for name in names if "sandbox" in name and ".dist-info" not in name]
    assert "txn_kedro/warehouse/protocol.py" in names
