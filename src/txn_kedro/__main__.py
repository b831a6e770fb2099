"""Runs the packaged project: ``txn-kedro`` or ``python -m txn_kedro``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project

from txn_kedro.stopping import stoppable


@stoppable()
def main(*args: Any, **kwargs: Any) -> Any:
    """Run the project as ``kedro run`` would, with the same options."""
    package_name = Path(__file__).parent.name
    configure_project(package_name)
    kwargs.setdefault("standalone_mode", not hasattr(sys, "ps1"))
    return find_run_command(package_name)(*args, **kwargs)


if __name__ == "__main__":
    main()
