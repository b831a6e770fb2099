"""Apply the project's log format even if Kedro does not find conf/logging.yml."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import yaml
from kedro.utils import find_config_file

VARIABLE = "KEDRO_LOGGING_CONFIG"
"""Variable with the path of a logging configuration. It overrides all other configurations."""

FILE = Path(__file__).with_name("logging.yml")
"""The package's copy of conf/logging.yml."""


def choose_format() -> bool:
    """Choose the package's file unless another one is chosen, and return whether it was chosen.

    Kedro looks below the current folder only. It finds nothing if it runs in another folder, or if
    only the package is installed. Kedro reads the variable when it is imported.
    """
    if os.environ.get(VARIABLE) or find_config_file("conf/logging"):
        return False
    os.environ[VARIABLE] = str(FILE)
    return True


def use_format() -> None:
    """Apply the package's format to a Kedro that is imported already, if it found no file."""
    if choose_format():
        from kedro.framework.project import LOGGING  # noqa: PLC0415  it configures logging

        LOGGING.configure(yaml.safe_load(FILE.read_text(encoding="utf-8")))
        logging.getLogger("kedro").setLevel(logging.NOTSET)
