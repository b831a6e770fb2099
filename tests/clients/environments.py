"""An environment for each client, since their dependencies exclude each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent / "requirements"
_UV = str(Path(sys.executable).with_name("uv"))
_ENVIRONMENTS = Path(sys.prefix) / "clients"


def python_of(name: str) -> Path:
    """The Python of an environment with the packages of a lock; made if it is not there yet.

    Raises:
        pytest.skip.Exception: The packages cannot be installed; in CI this is a failure.
    """
    lock = REQUIREMENTS / f"{name}.lock"
    folder = _ENVIRONMENTS / name
    python, stamp = folder / "bin/python", folder / "installed.lock"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return python
    commands = [
        [_UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [_UV, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", lock],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            # A laptop may be offline. In CI a skip would hide that nothing was tested.
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up(f"the packages of {lock.name} cannot be installed here: {done.stderr}")
    stamp.write_text(lock.read_text())
    return python
