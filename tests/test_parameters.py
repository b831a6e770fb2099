"""The check of parameter names and shapes in each source, before they are merged."""

from typing import Annotated

import pytest
from kedro.pipeline import Pipeline, node
from pydantic import BaseModel, RootModel

from txn_kedro.parameters import check_parameters, known_parameters, with_sources
from txn_kedro.refusals import ConfigRefused


class Hours(BaseModel):
    weekday: list[int]


class Generation(BaseModel):
    min_rows: Annotated[int, "at least 1"]
    workers: int | None = None
    hours: Hours


class Seed(RootModel[int]):
    pass


def generate(generation: Generation, seed: Seed, free: dict) -> None:
    pass


KNOWN = known_parameters(
    {
        "generation": Pipeline(
            [
                node(generate, ["params:generation", "params:seed", "params:free"], "batch"),
                node(lambda share: share, "params:fraud.share", "share"),
            ]
        )
    }
)


def check(**given):
    check_parameters({"conf/local/parameters.yml": given}, KNOWN)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {
            "seed": 7,
            "generation": {"min_rows": 1, "hours": {"weekday": [1]}},
            "fraud": {"share": 1},
        },
        {"generation": {"workers": None}},
        {"free": {"anything": [1]}},
        {"_anchor": 1},
        {"generation": {"hours": "${globals:hours}"}},
    ],
)
def test_parameters_that_a_pipeline_reads_pass(given):
    check(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"generaton": {}},
            r"No pipeline has a parameter 'generaton' \(set in conf/local/parameters.yml\). "
            "Did you mean 'generation'. Known: fraud, free, generation, seed.",
        ),
        (
            {"generation": {"min_row": 1}},
            "'generation.min_row'.*Did you mean 'generation.min_rows'",
        ),
        ({"generation": {"hours": {"x": 1}}}, "'generation.hours.x'.*Known: generation.hours.week"),
        ({"generation.min_rows": 1}, "written with a dot: write min_rows on .* below generation"),
        ({"generation": None}, "'generation' in .* has no value: expected a mapping with min_rows"),
        ({"seed": "???"}, "'seed' in conf/local/parameters.yml has no value"),
        ({"generation": {"workers": "???"}}, "'generation.workers' in .* has no value"),
        ({"generation": 5}, "is a single value: expected a mapping with min_rows, workers, hours"),
        ({"generation": [1]}, "is a list: expected a mapping with min_rows"),
        ({"seed": {"a": 1}}, "'seed' in .* is a mapping with 'a': expected a single value"),
        ({"generation": {"hours": {"weekday": {"3": 9}}}}, "a mapping with '3': expected a list"),
    ],
)
def test_an_unknown_or_misshapen_parameter_is_refused_by_name_and_file(given, message):
    with pytest.raises(ConfigRefused, match=message):
        check(**given)


def test_all_faults_in_all_sources_are_listed():
    sources = {"conf/base/parameters.yml": {"a": 1}, "--params": {"seed": [1]}}
    with pytest.raises(ConfigRefused) as error:
        check_parameters(sources, KNOWN)
    first, second = str(error.value).splitlines()
    assert "'a' (set in conf/base/parameters.yml)" in first
    assert "'seed' in --params is a list" in second


def test_a_wrong_value_is_named_with_the_source_that_set_it():
    sources = {
        "conf/base/parameters.yml": {"seed": 1, "generation": {"min_rows": 1, "max_rows": 2}},
        "conf/local/parameters.yml": {"seed": "x", "generation": {"min_rows": 0}},
        "--params": {"generation": {"max_rows": 0}},
    }
    message = (
        "Parameter validation failed:\n"
        "- Parameter 'seed': not a number\n"
        "- Parameter 'generation': Failed to instantiate Generation for parameter 'generation': "
        "min_rows: too small\n"
        "- Parameter 'generation': min_rows (1) is greater than max_rows (0)\n"
        "- Parameter 'other': missing"
    )
    assert with_sources(message, sources).splitlines() == [
        "Parameter validation failed:",
        "- Parameter 'seed': not a number (set in conf/local/parameters.yml)",
        "- Parameter 'generation': min_rows: too small (set in conf/local/parameters.yml)",
        "- Parameter 'generation': min_rows (1) is greater than max_rows (0) (set in --params)",
        "- Parameter 'other': missing",
    ]
