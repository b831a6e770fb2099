"""Run the packaged project: ``txn-kedro`` or ``python -m txn_kedro``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from txn_kedro import __version__
from txn_kedro.logs import choose_format
from txn_kedro.next_steps import started_by
from txn_kedro.stopping import stoppable


@stoppable()
def main(*args: Any, **kwargs: Any) -> Any:
    """Run the project like ``kedro run``, with the same options."""
    choose_format()
    # Kedro configures logging when it is imported.
    from kedro.framework.cli.utils import find_run_command  # noqa: PLC0415
    from kedro.framework.project import configure_project  # noqa: PLC0415

    package_name = Path(__file__).parent.name
    configure_project(package_name)
    kwargs.setdefault("standalone_mode", not hasattr(sys, "ps1"))
    kwargs.setdefault("prog_name", "txn-kedro")
    run = click.version_option(__version__)(find_run_command(package_name))
    with started_by("package"):
        return run(*args, **kwargs)


if __name__ == "__main__":
    main()
