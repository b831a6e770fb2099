"""The next step to suggest after a run, given how and where the run was started."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTED_BY = "TXN_STARTED_BY"
"""Variable that names what started a run: airflow, package or sandbox. Unset means ``kedro``."""


@contextmanager
def started_by(name: str) -> Iterator[None]:
    """Record what starts the runs inside the block, unless an outer caller has recorded it."""
    if os.environ.get(STARTED_BY):
        yield
        return
    os.environ[STARTED_BY] = name
    try:
        yield
    finally:
        os.environ.pop(STARTED_BY, None)


def after_generation(env: str | None) -> str | None:
    """Return how to load the batch that was generated."""
    match os.environ.get(STARTED_BY):
        case "airflow":
            return "the lake's asset starts the DAG that loads it"
        case "sandbox":
            return _sandbox()
    return f"{_command(env)} --pipelines loading loads it"


def after_loading(env: str | None) -> str | None:
    """Return what to do after a load, or None if there is nothing to suggest."""
    match os.environ.get(STARTED_BY):
        case "airflow":
            return None
        case "sandbox":
            return _sandbox()
        case "package":
            return "run again for another batch"
    if env in (None, "local") and _has_make():
        return "run again for another batch; explore with make viz or make ipython"
    return f"run again for another batch; {_kedro()} plan{_env(env)} shows what is loaded"


def _sandbox() -> str:
    kept = "; make sandbox keeps one up" if _has_make() else ""
    return f"the sandbox stops and deletes its data{kept}"


def _has_make() -> bool:
    return Path("Makefile").is_file() and Path("conf/base").is_dir()


def _command(env: str | None) -> str:
    """Return the command of this run without its selection of pipelines."""
    packaged = os.environ.get(STARTED_BY) == "package"
    program = _shown("txn-kedro") if packaged else f"{_kedro()} run"
    context = click.get_current_context(silent=True)
    source = context.params.get("conf_source") if context else None
    return f"{program}{f' --conf-source {shlex.quote(source)}' if source else ''}{_env(env)}"


def _env(env: str | None) -> str:
    return f" --env {shlex.quote(env)}" if env else ""


def _kedro() -> str:
    return _shown("kedro")


def _shown(name: str) -> str:
    """Return how to call a program of this environment from the current folder."""
    program, on_path = Path(sys.executable).with_name(name), shutil.which(name)
    if not program.exists() or (on_path and Path(on_path).samefile(program)):
        return name
    here = Path.cwd()
    return shlex.quote(str(program.relative_to(here) if program.is_relative_to(here) else program))
