"""The options of ``kedro run``, each served, or refused with the names that it could have had."""

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
        "--only-missing-outputs does not suit this project: a lake and a warehouse that exist hold "
        "some batches, not all. Leave it out: a run writes and loads only what is missing."
    ),
    "load_versions": (
        "--load-versions does not suit this project: its datasets are not versioned, the lake "
        "keeps every batch by its execution time. Leave it out."
    ),
}
"""Options of Kedro that would be accepted and change nothing."""

_PARALLEL = (
    "ParallelRunner does not suit this project: the datasets keep all cores busy "
    "themselves. Use SequentialRunner (the default) or ThreadRunner."
)
_RUNNERS = ("SequentialRunner", "ThreadRunner")


def run_options() -> list[click.Parameter]:
    """Kedro's own options, which also say what is wrong where Kedro's end in a traceback."""
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
    """The options of a run, with the deprecated ones replaced by those that do the same.

    Args:
        options: Values by the names of Kedro's options.
        pipelines: The registered pipelines.

    Raises:
        ConfigRefused: One cannot be served; says what is known.
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
"""Options that choose from a pipeline: how each is written, and what there is to choose from."""


def _without_deprecated(options: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(options)
    if options["pipeline"]:
        if options["pipelines"]:
            msg = "--pipeline and --pipelines say the same. Give --pipelines only."
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
        there = f"Known: {', '.join(known)}." if known else "It has none."
        msg = f"{flag}: {where} has no {unknown!r}.{did_you_mean(unknown, known)} {there}"
        raise ConfigRefused(msg)


def _read_pairs(context: click.Context, option: click.Parameter, value: Any) -> dict[str, Any]:
    """Names and values of ``name=value,name=value``, of which none would be resolved."""
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
            "the value is text, a number or a list of one such as [de_DE]; what needs commas goes "
            "into conf/local/parameters.yml."
        )
        raise click.BadParameter(msg) from None
    return pairs


def _unreadable(context: click.Context, option: click.Parameter, items: list[str]) -> str:
    """The first item that cannot be read by itself, or else all of them."""
    for item in items:
        try:
            _split_params(context, option, item)
        except (OmegaConfBaseException, TypeError, ValueError, YAMLError):
            return item
    return ",".join(items)


def _read_file(context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Take the options that the command line lacks from the group ``run`` of a YAML file."""
    if value is None:
        return None
    try:
        options = yaml.safe_load(Path(value).read_text(encoding="utf-8"))["run"]
        names = list(options.keys())
    except (AttributeError, KeyError, OSError, TypeError, UnicodeDecodeError, YAMLError):
        msg = f"{value}: expected YAML in UTF-8 with a group `run`, and in it options of kedro run."
        raise click.BadParameter(msg) from None
    known = [str(each.name) for each in kedro_run.params if each.name != "config"]
    try:
        _check_names("--config", names, known, value)
    except ConfigRefused as error:
        raise click.BadParameter(str(error)) from error
    context.default_map = {**(context.default_map or {}), **options}
    return value
