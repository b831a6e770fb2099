"""The trigger form of an exported DAG, with the bounds of the models that check parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.validation.type_extractor import TypeExtractor
from pydantic import TypeAdapter

from txn_kedro.refusals import ConfigRefused, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kedro.pipeline import Pipeline

_TAKEN = ("type", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum")


def trigger_form(
    descriptions: Mapping[str, str], pipelines: Mapping[str, Pipeline]
) -> dict[str, dict[str, Any]]:
    """The fields of a form, as JSON Schema describes them.

    Args:
        descriptions: Names of parameters as in ``kedro run --params``, each with what a person
            reads beside its field.
        pipelines: The pipelines that read the parameters.

    Raises:
        ConfigRefused: No pipeline has such a parameter.
    """
    known = _schemas(pipelines)
    form = {}
    for name, description in descriptions.items():
        if name not in known:
            msg = (
                f"The trigger form in airflow.yml asks for {name!r}, which is not a parameter."
                f"{did_you_mean(name, known)} Known: {', '.join(known)}."
            )
            raise ConfigRefused(msg)
        bounds = {key: known[name][key] for key in _TAKEN if key in known[name]}
        form[name] = {**bounds, "description": description}
    return form


def _schemas(pipelines: Mapping[str, Pipeline]) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each single parameter of the pipelines, by its name."""
    found: dict[str, dict[str, Any]] = {}
    for name, hint in TypeExtractor(dict(pipelines)).extract_types_from_pipelines().items():
        schema = TypeAdapter(hint).json_schema()
        if schema.get("type") == "object":
            for member, inner in schema["properties"].items():
                found[f"{name}.{member}"] = inner
        else:
            found[name] = schema
    return found
