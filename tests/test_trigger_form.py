import pytest

from txn_kedro.pipeline_registry import register_pipelines
from txn_kedro.refusals import ConfigRefused
from txn_kedro.trigger_form import trigger_form


def test_types_and_bounds_are_those_of_the_models():
    asked = {
        "seed": "Where randomness starts.",
        "execution_time": "When.",
        "generation.fraud_share": "Fraud.",
        "world.customers": "People.",
    }
    assert trigger_form(asked, register_pipelines()) == {
        "seed": {
            "type": "integer",
            "minimum": 0,
            "maximum": 2**63 - 1,
            "description": "Where randomness starts.",
        },
        "execution_time": {"type": "string", "format": "date-time", "description": "When."},
        "generation.fraud_share": {
            "type": "number",
            "minimum": 0,
            "maximum": 0.05,
            "description": "Fraud.",
        },
        "world.customers": {
            "type": "integer",
            "minimum": 100,
            "maximum": 20_000_000,
            "description": "People.",
        },
    }


def test_a_name_that_is_no_parameter_is_refused_with_what_is_known():
    with pytest.raises(ConfigRefused, match="asks for 'sede', .* Did you mean 'seed'. Known: "):
        trigger_form({"sede": "?"}, register_pipelines())
