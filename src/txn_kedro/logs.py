"""The project's log format, also where Kedro does not find conf/logging.yml."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import yaml
from kedro.utils import find_config_file

VARIABLE = "KEDRO_LOGGING_CONFIG"
"""Variable with the path of a logging configuration, which comes before all others."""

FILE = Path(__file__).with_name("logging.yml")
"""conf/logging.yml, as the package carries it."""


def choose_format() -> bool:
    """Choose the package's own file unless another one is chosen; whether it did.

    Kedro looks below the current folder only, so it finds nothing from another folder, nor where
    only the package is installed. It reads the variable when it is imported.
    """
    if os.environ.get(VARIABLE) or find_config_file("conf/logging"):
        return False
    os.environ[VARIABLE] = str(FILE)
    return True


def use_format() -> None:
    """Replace the format that Kedro took when it was imported, if it found none."""
    if choose_format():
        from kedro.framework.project import LOGGING  # noqa: PLC0415  it configures logging

        LOGGING.configure(yaml.safe_load(FILE.read_text(encoding="utf-8")))
        logging.getLogger("kedro").setLevel(logging.NOTSET)
