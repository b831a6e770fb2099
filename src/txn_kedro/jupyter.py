"""``kedro jupyter`` and ``kedro ipython``: Kedro's commands, which name a missing package."""

from __future__ import annotations

import copy
from importlib.util import find_spec
from typing import Any

import click
from kedro.framework.cli.jupyter import jupyter as kedro_jupyter
from kedro.framework.cli.project import ipython as kedro_ipython

_NEEDS = {"lab": "jupyterlab", "notebook": "notebook", "setup": "ipykernel"}
"""The package that each command of ``kedro jupyter`` imports."""


def _need(command: str, module: str, way: str) -> None:
    if not find_spec(module):
        msg = f"{command} needs {module}, which is not installed. {way}"
        raise click.ClickException(msg)


@click.pass_context
def _jupyter(context: click.Context) -> None:
    command = context.invoked_subcommand or ""
    if command in _NEEDS:
        needed = _NEEDS[command]
        way = f"Install it with .venv/bin/uv pip install {needed}, or use make ipython."
        _need(f"kedro jupyter {command}", needed, way)


@click.pass_context
def _ipython(context: click.Context, /, **options: Any) -> None:
    _need("kedro ipython", "IPython", "make ipython installs and starts it.")
    context.invoke(kedro_ipython.callback, **options)


jupyter, ipython = copy.copy(kedro_jupyter), copy.copy(kedro_ipython)
jupyter.callback, ipython.callback = _jupyter, _ipython
