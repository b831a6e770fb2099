"""Check the names and shapes of parameters in each source, before they are merged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from kedro.validation.type_extractor import TypeExtractor
from pydantic import BaseModel, RootModel

from txn_kedro.refusals import ConfigRefused, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kedro.pipeline import Pipeline


_FAULT = re.compile(
    r"- Parameter '([^']+)': (?:Failed to instantiate \w+ for parameter '\w+': )?"
    r"((?:([\w.]+): )?.*)"
)
"""Matches Kedro's message that a parameter, or one nested in it, has a wrong value."""

_OMEGACONFS_NONE = "???"
"""OmegaConf's marker for a missing value. OmegaConf skips it when it merges."""


@dataclass
class Shape:
    """The expected shape of a parameter.

    Attributes:
        kind: A mapping of named parameters, a list, a single value, or anything.
        optional: Whether it may be null.
        members: The parameters of a mapping, by name.
    """

    kind: Literal["mapping", "list", "value", "any"]
    optional: bool = False
    members: dict[str, Shape] = field(default_factory=dict)


def known_parameters(pipelines: Mapping[str, Pipeline]) -> Shape:
    """Return the parameters that pipelines read, from their nodes' inputs and type hints."""
    known = Shape("mapping")
    hints = TypeExtractor(dict(pipelines)).extract_types_from_pipelines()
    for pipeline in pipelines.values():
        for name in pipeline.inputs():
            if name.startswith("params:"):
                path = name.removeprefix("params:")
                _add(known, path.split("."), _shape(hints.get(path, Any)))
    return known


def check_parameters(sources: Mapping[str, Mapping[str, Any]], known: Shape) -> None:
    """Check that all parameters exist and have the right shape.

    Args:
        sources: Parameters by source, before interpolation.
        known: The parameters that the pipelines read.

    Raises:
        ConfigRefused: Some are unknown or have another shape. The message has one line for each,
            with its name, its source and what was expected.
    """
    faults = [
        fault for source, given in sources.items() for fault in _faults(given, known, source, "")
    ]
    if faults:
        raise ConfigRefused("\n".join(faults))


def with_sources(message: str, sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Add to each parameter in Kedro's error message the source that set it.

    Args:
        message: Kedro's error message about parameter values.
        sources: Parameters by source. Later sources override earlier ones.
    """

    def named(fault: re.Match[str]) -> str:
        path = [*fault[1].split("."), *(fault[3] or "").split(".")]
        text = f"- Parameter {fault[1]!r}: {fault[2]}"
        while path:
            found = [source for source, given in sources.items() if _is_set(given, path)]
            if found:
                return f"{text} (set in {found[-1]})"
            path.pop()
        return text

    return _FAULT.sub(named, message)


def _is_set(given: object, path: list[str]) -> bool:
    for name in path:
        if not isinstance(given, dict) or name not in given:
            return False
        given = given[name]
    return True


def _add(known: Shape, path: list[str], shape: Shape) -> None:
    for name in path[:-1]:
        known = known.members.setdefault(name, Shape("mapping"))
    known.members.setdefault(path[-1], shape)


def _shape(hint: Any) -> Shape:
    """Return the shape that a type hint describes."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _shape(arguments[0])
    if origin in (Union, UnionType):
        shapes = [_shape(each) for each in arguments if each is not NoneType]
        same = len({shape.kind for shape in shapes}) == 1
        shape = shapes[0] if same else Shape("any")
        return Shape(shape.kind, NoneType in arguments, shape.members)
    if origin is list:
        return Shape("list")
    if isinstance(hint, type) and issubclass(hint, RootModel):
        return _shape(hint.model_fields["root"].annotation)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        members = {name: _shape(each.annotation) for name, each in hint.model_fields.items()}
        return Shape("mapping", members=members)
    return Shape("any" if hint is Any or origin else "value")


def _faults(given: Mapping[str, Any], known: Shape, source: str, prefix: str) -> Iterator[str]:
    for key, value in given.items():
        name = f"{prefix}{key}"
        shape = known.members.get(key)
        if shape is None:
            # As in the catalog, names with a leading underscore hold YAML anchors.
            if not str(key).startswith("_"):
                yield _unknown(name, known, source, prefix)
        elif fault := _misshapen(value, shape):
            yield f"Parameter {name!r} in {source} {fault}"
        elif shape.kind == "mapping" and isinstance(value, dict):
            yield from _faults(value, shape, source, f"{name}.")


def _unknown(name: str, known: Shape, source: str, prefix: str) -> str:
    names = [f"{prefix}{each}" for each in sorted(known.members)]
    first, _, rest = name.removeprefix(prefix).partition(".")
    if rest and first in known.members:
        return (
            f"Parameter {name!r} in {source} is written with a dot: write {rest} on its own line, "
            f"indented below {first}."
        )
    return (
        f"No pipeline has a parameter {name!r} (set in {source}).{did_you_mean(name, names)} "
        f"Known: {', '.join(names)}."
    )


def _misshapen(value: object, shape: Shape) -> str | None:
    """Describe what is wrong with the shape of a value, or return None."""
    if shape.kind == "any" or (isinstance(value, str) and "${" in value):
        return None
    expected = f"expected {_expected(shape)}"
    if value is None or value == _OMEGACONFS_NONE:
        missing = f"has no value: {expected}. Set a value, or remove the line."
        return None if shape.optional and value is None else missing
    got = "mapping" if isinstance(value, dict) else "list" if isinstance(value, list) else "value"
    if got == shape.kind:
        return None
    if isinstance(value, dict):
        names = ", ".join(f"{name!r}" for name in value)
        complete = (
            " Write the complete list in conf/local/parameters.yml." if shape.kind == "list" else ""
        )
        return f"is a mapping with {names}: {expected}.{complete}"
    return f"is a {'list' if got == 'list' else 'single value'}: {expected}."


def _expected(shape: Shape) -> str:
    if shape.kind == "mapping":
        return f"a mapping with {', '.join(shape.members)}"
    return "a list" if shape.kind == "list" else "a single value"
