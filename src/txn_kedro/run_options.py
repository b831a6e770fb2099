"""The options of ``kedro run``: validate them, and name the known values in errors."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import _split_params, split_string
from kedro.pipeline import Pipeline
from kedro.runner import AbstractRunner, ParallelRunner
from kedro.utils import load_obj
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from txn_kedro.config import refuse_interpolation
from txn_kedro.refusals import ConfigRefused, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_UNUSED = {
    "only_missing_outputs": (
        "--only-missing-outputs does not work with this project: an existing lake or warehouse may "
        "still lack batches. Omit it: a run writes and loads only what is missing."
    ),
    "load_versions": (
        "--load-versions does not work with this project: its datasets are not versioned, and the "
        "lake keeps every batch by its execution time. Omit it."
    ),
}
"""Kedro's options that would have no effect, with the reason."""

_PARALLEL = (
    "ParallelRunner does not work with this project: the datasets already use all cores. "
    "Use SequentialRunner (the default) or ThreadRunner."
)
_RUNNERS = ("SequentialRunner", "ThreadRunner")


def run_options() -> list[click.Parameter]:
    """Return Kedro's options, with error messages in place of Kedro's tracebacks."""
    readers = {"params": _read_pairs, "runner_params": _read_pairs, "config": _read_file}
    options = [copy.copy(option) for option in kedro_run.params]
    for option in options:
        option.callback = readers.get(str(option.name), option.callback)
        if isinstance(option, click.Option):
            option.hidden = option.name in _UNUSED
            if option.name == "runner":
                option.help = f"Runner of the pipeline: {' or '.join(_RUNNERS)}."
    return options


def checked(options: Mapping[str, Any], pipelines: Mapping[str, Pipeline]) -> dict[str, Any]:
    """Validate the options of a run and replace deprecated options by their successors.

    Args:
        options: Values by the names of Kedro's options.
        pipelines: The registered pipelines.

    Raises:
        ConfigRefused: An option cannot be used. The message lists the known values.
    """
    for name, reason in _UNUSED.items():
        if options.get(name):
            raise ConfigRefused(reason)
    options = _without_deprecated(options)
    _check_runner(options["runner"] or "SequentialRunner", options["runner_params"])
    _check_names("--pipelines", options["pipelines"], pipelines, "this project")
    names = options["pipelines"] or ["__default__"]
    for option, (flag, known) in _SELECTIONS.items():
        if options[option]:
            chosen = sum((pipelines[name] for name in names), Pipeline([]))
            _check_names(flag, options[option], known(chosen), f"pipeline {', '.join(names)}")
    return options


def _nodes(pipeline: Pipeline) -> set[str]:
    return {node.name for node in pipeline.nodes}


def _tags(pipeline: Pipeline) -> set[str]:
    return {tag for node in pipeline.nodes for tag in node.tags}


def _namespaces(pipeline: Pipeline) -> set[str]:
    return {node.namespace for node in pipeline.nodes if node.namespace}


def _datasets(pipeline: Pipeline) -> set[str]:
    names: set[str] = pipeline.datasets()
    return names


_SELECTIONS: dict[str, tuple[str, Callable[[Pipeline], set[str]]]] = {
    "node_names": ("--nodes", _nodes),
    "from_nodes": ("--from-nodes", _nodes),
    "to_nodes": ("--to-nodes", _nodes),
    "tags": ("--tags", _tags),
    "namespaces": ("--namespaces", _namespaces),
    "from_inputs": ("--from-inputs", _datasets),
    "to_outputs": ("--to-outputs", _datasets),
}
"""Options that select part of a pipeline: each one's flag, and a function for its known values."""


def _without_deprecated(options: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(options)
    if options["pipeline"]:
        if options["pipelines"]:
            msg = "--pipeline and --pipelines do the same. Use only --pipelines."
            raise ConfigRefused(msg)
        changed |= {"pipeline": None, "pipelines": [options["pipeline"]]}
    if options["is_async"]:
        changed |= {
            "is_async": False,
            "runner_params": {**options["runner_params"], "is_async": True},
        }
    return changed


def _check_runner(name: str, arguments: Mapping[str, Any]) -> None:
    try:
        runner = load_obj(name, "kedro.runner")
    except (AttributeError, ImportError, ValueError):
        runner = None
    if (
        not inspect.isclass(runner)
        or not issubclass(runner, AbstractRunner)
        or inspect.isabstract(runner)
    ):
        known = f"{did_you_mean(name, _RUNNERS)} Known: {', '.join(_RUNNERS)}."
        msg = f"There is no runner {name!r}.{known}"
        raise ConfigRefused(msg)
    if issubclass(runner, ParallelRunner):
        raise ConfigRefused(_PARALLEL)
    try:
        runner(**arguments)
    except (TypeError, ValueError) as error:
        msg = f"--runner-params does not fit {name}: {error}."
        raise ConfigRefused(msg) from error


def _check_names(flag: str, asked: Iterable[str], known: Iterable[str], where: str) -> None:
    known = sorted(known)
    unknown = next((name for name in asked if name not in known), None)
    if unknown is not None:
        there = f"Known: {', '.join(known)}." if known else "There are none."
        msg = f"{flag}: {where} has no {unknown!r}.{did_you_mean(unknown, known)} {there}"
        raise ConfigRefused(msg)


def _read_pairs(context: click.Context, option: click.Parameter, value: Any) -> dict[str, Any]:
    """Parse ``name=value,name=value`` and refuse interpolations."""
    items = split_string(context, option, value) if isinstance(value, str) else []
    try:
        for item in items:
            if "${" in item:
                refuse_interpolation({item.partition("=")[0].strip(): item})
        pairs: dict[str, Any] = _split_params(context, option, value)
        refuse_interpolation(pairs)
    except ConfigRefused:
        raise
    except (OmegaConfBaseException, TypeError, ValueError, YAMLError):
        msg = (
            f"{_unreadable(context, option, items)!r} cannot be read. Expected name=value, where "
            "the value is text, a number or a list of one item such as [de_DE]. Put values that "
            "contain commas in conf/local/parameters.yml."
        )
        raise click.BadParameter(msg) from None
    return pairs


def _unreadable(context: click.Context, option: click.Parameter, items: list[str]) -> str:
    """Return the first item that cannot be parsed on its own, or else all items."""
    for item in items:
        try:
            _split_params(context, option, item)
        except (OmegaConfBaseException, TypeError, ValueError, YAMLError):
            return item
    return ",".join(items)


def _read_file(context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Use the mapping ``run`` of a YAML file as defaults for the command line's options."""
    if value is None:
        return None
    try:
        options = yaml.safe_load(Path(value).read_text(encoding="utf-8"))["run"]
        names = list(options.keys())
    except (AttributeError, KeyError, OSError, TypeError, UnicodeDecodeError, YAMLError):
        msg = f"{value}: expected UTF-8 YAML with a mapping `run` that holds options of kedro run."
        raise click.BadParameter(msg) from None
    known = [str(each.name) for each in kedro_run.params if each.name != "config"]
    try:
        _check_names("--config", names, known, value)
    except ConfigRefused as error:
        raise click.BadParameter(str(error)) from error
    context.default_map = {**(context.default_map or {}), **options}
    return value
