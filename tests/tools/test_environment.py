"""tools/environment.sh: what it installs, when, and its messages. Python, pip and uv are stubs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.patience import patience

# It creates a .venv that contains itself, and reports another Python version.
PYTHON = r"""#!/bin/sh
while [ "$1" = -I ] || [ "$1" = -S ]; do shift; done
case "$*" in
    "-m venv .venv")
        [ ! -e no-venv ] || { echo "Error: ensurepip is not available"; exit 1; }
        mkdir -p .venv/bin .venv/lib/python/site-packages && ln -s "$0" .venv/bin/python ;;
    "-m pip "*)
        [ ! -e offline ] || { echo "ERROR: no matching distribution found for uv"; exit 1; }
        cp stubs/uv .venv/bin/uv ;;
    *)
        exec REAL -I -S -c "import platform, sys
sys._base_executable = 'SELF'
platform.python_version = lambda: 'VERSION'
sys.version_info = tuple(map(int, 'VERSION'.split('.')))
exec(sys.argv.pop(1))" "$2" ;;
esac
"""

# It installs each word of a lock as a file. The file `stop` makes it hang before or after that.
UV = r"""#!/bin/sh
stop() { if [ "$(cat stop 2>/dev/null)" = "$1" ]; then echo >reached; exec sleep 60; fi; }
echo "$*" >>log
site=.venv/lib/python/site-packages
case "$*" in
    venv*) mkdir -p .venv/checkov/bin; exit ;;
    *checkov*) site=.venv/checkov ;;
    *--editable*) exit ;;
esac
[ ! -e offline ] || { echo "error: Failed to fetch"; exit 2; }
for lock; do :; done
stop before
for package in $(cat "$lock"); do : >"$site/$package"; done
stop after
"""
TOOLS = [
    "cat",
    "cksum",
    "cp",
    "dirname",
    "head",
    "ln",
    "ls",
    "mkdir",
    "readlink",
    "rm",
    "sleep",
    "touch",
]
LOCKS = {
    "requirements-uv.lock": "uv",
    "requirements-core.lock": "kedro pandas",
    "requirements-sandbox.lock": "kedro pandas seaweedfs",
    "requirements-viz.lock": "kedro pandas viz",
    "requirements.lock": "kedro pandas seaweedfs viz airflow",
    "requirements-checkov.lock": "checkov",
}


@dataclass
class Place:
    """A copy of the project without Python, and the folder of programs on its PATH."""

    root: Path

    @property
    def programs(self) -> Path:
        return self.root.parent / "programs"

    def python(self, name: str, version: str) -> Path:
        path = self.programs / name
        words = {"REAL": sys.executable, "SELF": str(path), "VERSION": version}
        path.write_text(re.sub("REAL|SELF|VERSION", lambda word: words[word[0]], PYTHON))
        path.chmod(0o755)
        return path

    def start(self, stage: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["tools/environment.sh", stage],
            cwd=self.root,
            env={"PATH": str(self.programs), "GOALS": "run", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, stage: str, code: int = 0, **environment: str) -> str:
        process = self.start(stage, **environment)
        output = process.communicate(timeout=patience(3))[0]
        assert process.returncode == code, output
        return output

    def packages(self) -> str:
        return " ".join(sorted(p.name for p in self.root.glob(".venv/lib/python/site-packages/*")))

    def installs(self) -> list[str]:
        """Return the locks that uv was called to install, in order."""
        log = self.root / "log"
        return re.findall(r"--requirement (\S+)", log.read_text()) if log.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "the project")
    shutil.copytree(ROOT / "tools", made.root / "tools")
    for name, packages in LOCKS.items():
        (made.root / name).write_text(packages)
    (made.root / "stubs").mkdir()
    (made.root / "stubs/uv").write_text(UV)
    (made.root / "stubs/uv").chmod(0o755)
    made.programs.mkdir()
    made.python("python3", "3.11.7")
    for name in TOOLS:
        (made.programs / name).symlink_to(shutil.which(name))
    os.mkfifo(made.root / "reached")
    return made


def test_each_stage_adds_to_the_core_and_is_installed_once(place):
    assert place.run("core").startswith("Installing core (once): ")
    assert place.packages() == "kedro pandas"
    assert place.run("core") == ""
    assert place.run("viz").startswith("Installing viz (once): ")
    assert place.packages() == "kedro pandas viz"
    assert place.run("core") + place.run("viz") == ""
    assert place.installs() == ["requirements-core.lock", "requirements-viz.lock"]


def test_a_stage_installs_the_core_too_and_dev_includes_every_stage(place):
    output = place.run("dev")
    assert re.findall(r"Installing (\w+)", output) == ["core", "dev"]
    assert place.packages() == "airflow kedro pandas seaweedfs viz"
    assert place.run("sandbox") + place.run("viz") + place.run("dev") == ""
    assert "Installing checkov (once)" in place.run("checkov")
    assert place.run("checkov") == ""


def test_packages_are_installed_by_hash_into_this_environment_even_if_another_is_active(place):
    place.run("sandbox", VIRTUAL_ENV="/elsewhere")
    installs = [line for line in (place.root / "log").read_text().splitlines() if "lock" in line]
    assert len(installs) == 2
    for line in installs:
        assert line.startswith("pip install --python .venv/bin/python --no-deps --require-hashes ")
        assert "quiet" not in line


@pytest.mark.parametrize(
    ("lock", "again"),
    [
        ("requirements-core.lock", ["core", "viz"]),
        ("requirements-uv.lock", ["core", "viz"]),
        ("requirements-viz.lock", ["viz"]),
        ("requirements.lock", []),
    ],
)
def test_a_changed_lock_is_installed(place, lock, again):
    place.run("viz")
    with (place.root / lock).open("a") as file:
        file.write(" new")
    assert re.findall(r"Installing (\w+)", place.run("viz")) == again


def test_newer_locks_with_the_same_content_are_not_installed_again(place):
    place.run("viz")
    for lock in place.root.glob("*.lock"):
        os.utime(lock, (2**31, 2**31))
    assert place.run("viz") == ""


@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_a_moved_or_copied_project_gets_a_new_environment_and_the_reason(place, how):
    place.run("core")
    before, place.root = place.root, place.root.with_name("elsewhere")
    (before / "reached").unlink()
    how(before, place.root)
    assert f"Recreating .venv: it was created in {before}\n" in place.run("core")
    assert place.run("core") == ""


def test_the_environment_can_be_recreated_with_its_own_python(place):
    place.run("core")
    (place.root / "requirements-core.lock").write_text("kedro")
    assert "requirements-core.lock has changed" in place.run("core", PYTHON=".venv/bin/python")
    assert place.packages() == "kedro"


def test_a_missing_or_replaced_python_is_noticed(place):
    python = place.python("python3.12", "3.12.1")
    place.run("core", PYTHON="python3.12")
    place.python("python3.12", "3.12.9")
    assert place.run("core") == ""
    place.python("python3.12", "3.13.0")
    output = place.run("core", PYTHON="python3.12")
    assert (
        "Recreating .venv: it was created with Python 3.12, and its Python is now 3.13\n" in output
    )
    python.unlink()
    output = place.run("core")
    assert "Recreating .venv: the Python it was created with is missing or broken\n" in output
    assert place.run("core") == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_the_next_installation_completes_an_interrupted_one(place, number, code):
    place.run("core")
    (place.root / "stop").write_text("after")
    process = place.start("viz")
    (place.root / "reached").read_text()
    os.killpg(process.pid, number)
    process.communicate(timeout=patience(3))
    assert process.returncode == code
    (place.root / "stop").unlink()
    assert "Recreating .venv: its installation was not completed\n" in place.run("core")
    place.run("viz")
    assert place.packages() == "kedro pandas viz"
    assert not (place.root / ".venv.installing").is_symlink()


def test_an_installation_that_ends_before_writing_packages_leaves_the_core_intact(place):
    place.run("core")
    (place.root / "stop").write_text("before")
    process = place.start("viz")
    (place.root / "reached").read_text()
    os.killpg(process.pid, signal.SIGINT)
    assert "not installed" not in process.communicate(timeout=patience(3))[0]
    (place.root / "stop").unlink()
    (place.root / "offline").touch()
    output = place.run("viz", code=1, GOALS="viz")
    assert 'The packages of "viz" were not installed; the reason is above.' in output
    assert "check the network, or set HTTPS_PROXY" in output
    assert output.endswith("Then run make viz again.\n")
    assert place.run("core") == ""


def test_a_core_that_failed_to_install_does_not_count_as_complete(place):
    (place.root / "offline").touch()
    assert "check the network" in place.run("core", code=1)
    (place.root / "offline").unlink()
    assert "its installation was not completed" in place.run("core")
    assert place.packages() == "kedro pandas"


def test_two_processes_at_once_install_once(place):
    (place.root / "stop").write_text("before")
    first = place.start("core")
    (place.root / "reached").read_text()
    (place.root / "stop").unlink()
    second = place.start("core")
    assert second.stdout.readline().startswith(f"Waiting for process {first.pid}")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate(timeout=patience(3))
    second.communicate(timeout=patience(3))
    assert second.returncode == 0
    assert place.packages() == "kedro pandas"


def test_a_missing_python_is_reported_and_the_suitable_ones_are_named(place):
    place.python("python3.12", "3.12.1")
    assert place.run("core", code=1, PYTHON="python3.14") == (
        "python3.14 was not found.\n"
        "The project needs Python 3.11, 3.12 or 3.13. Found on the PATH:\n"
        "  python3.12, python3\n"
        "Choose one, for example: make run PYTHON=python3.12\n"
    )


@pytest.mark.parametrize("version", ["3.10.13", "3.14.0"])
def test_a_python_of_an_unsuitable_version_is_named_with_its_version(place, version):
    place.python("python3", version)
    output = place.run("core", code=1)
    assert output.startswith(f"python3 is Python {version}.\n")
    assert not (place.root / ".venv").exists()


def test_a_python_that_does_not_start_is_named_with_its_error(place):
    (place.programs / "python3.13").write_text("#!/bin/sh\necho pyenv: not installed >&2\nexit 127")
    (place.programs / "python3.13").chmod(0o755)
    output = place.run("core", code=1, PYTHON="python3.13")
    assert output.startswith("python3.13 does not start: pyenv: not installed\n")
    assert "python3.13, " not in output


def test_without_a_suitable_python_it_says_what_to_install(place):
    place.python("python3", "3.10.2")
    output = place.run("core", code=1)
    assert "and none is on the PATH.\nInstall one, for example 3.13, then run: make run " in output


def test_a_python_without_venv_says_what_to_install(place):
    (place.root / "no-venv").touch()
    output = place.run("core", code=1)
    assert "python3 could not create .venv; the reason is above.\n" in output
    assert "  sudo apt install python3.11-venv\n" in output


def test_it_accepts_the_python_versions_of_the_project():
    script = (ROOT / "tools/environment.sh").read_text()
    first, end = re.search(r"\(3, (\d+)\) <= .* < \(3, (\d+)\)", script).groups()
    assert f'requires-python = ">=3.{first},<3.{end}"' in (ROOT / "pyproject.toml").read_text()
    names = [f"3.{minor}" for minor in range(int(first), int(end))]
    assert f"Python {', '.join(names[:-1])} or {names[-1]}" in script
