"""The project's pipelines."""

from kedro.pipeline import Pipeline

from txn_kedro.pipelines import generation, loading


def register_pipelines() -> dict[str, Pipeline]:
    """The pipelines by name; ``__default__`` is their sum."""
    pipelines = {
        "generation": generation.create_pipeline(),
        "loading": loading.create_pipeline(),
    }
    return {"__default__": sum(pipelines.values(), Pipeline([])), **pipelines}
