"""``kedro jupyter``: Kedro's own, which says what is needed where it is not installed."""

from __future__ import annotations

import copy
from importlib.util import find_spec

import click
from kedro.framework.cli.jupyter import jupyter as kedro_jupyter

_NEEDS = {"lab": "jupyterlab", "notebook": "notebook", "setup": "ipykernel"}
"""What each command of ``kedro jupyter`` imports."""


@click.pass_context
def _check(context: click.Context) -> None:
    needed = _NEEDS.get(context.invoked_subcommand or "")
    if needed and not find_spec(needed):
        msg = (
            f"kedro jupyter {context.invoked_subcommand} needs {needed}, which this environment "
            f"leaves out. Install it by .venv/bin/uv pip install {needed}, or use make ipython, "
            "which needs nothing more."
        )
        raise click.ClickException(msg)


jupyter = copy.copy(kedro_jupyter)
jupyter.callback = _check
