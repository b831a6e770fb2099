"""What the doctests in ``src`` may use."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _names_of_doctests(doctest_namespace: dict[str, Any], tmp_path: Path) -> None:
    doctest_namespace["tmp_path"] = tmp_path
