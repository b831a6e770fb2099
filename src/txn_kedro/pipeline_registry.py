"""The project's pipelines."""

from importlib import import_module
from pkgutil import iter_modules

from kedro.pipeline import Pipeline

from txn_kedro import pipelines


def register_pipelines() -> dict[str, Pipeline]:
    """The pipelines by name: one for each folder of ``pipelines/``.

    ``__default__`` generates a batch and loads it; others run by name.
    """
    # Kedro's find_pipelines finds those only that a run asks for, but parameters are known by all.
    found: dict[str, Pipeline] = {
        folder.name: import_module(f"{pipelines.__name__}.{folder.name}").create_pipeline()
        for folder in iter_modules(pipelines.__path__)
    }
    return {"__default__": found["generation"] + found["loading"], **found}
