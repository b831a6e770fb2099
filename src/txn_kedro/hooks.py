"""What happens around a run: a check of its parameters before, a summary after."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

from kedro.framework.hooks import hook_impl
from kedro.io import DatasetError

from txn_kedro.environment import check_sandbox, check_variables
from txn_kedro.parameters import check_parameters, known_parameters
from txn_kedro.results import listening
from txn_kedro.summary import summarise, summarise_results

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

    from txn_kedro.config import ConfigLoader
    from txn_kedro.results import Result

logger = logging.getLogger(__name__)


class EnvironmentHooks:
    """Refuses an environment that lacks what it needs, before anything waits for it."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        if context.env == "aws":
            check_variables(os.environ)
        elif context.env == "sandbox":
            check_sandbox(context.config_loader["credentials"])


class ConfigurationHooks:
    """Refuses a catalog and parameters that cannot be used, and parameters that nothing reads."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        from kedro.framework.project import pipelines  # noqa: PLC0415  known only once a run is on

        loader = cast("ConfigLoader", context.config_loader)
        loader.check_catalog()
        check_parameters(loader.parameter_sources(), known_parameters(pipelines))


class SummaryHooks:
    """Logs a summary of the run."""

    def __init__(self) -> None:
        self._listening: ExitStack = ExitStack()
        self._results: list[Result] = []

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._listening.close()
        self._results = self._listening.enter_context(listening())

    @hook_impl
    def after_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        self._listening.close()
        if not self._results:
            return
        from txn_kedro.stores import Stores  # noqa: PLC0415  only if there is something to report

        try:
            lines = summarise(self._results, Stores.of([pipeline], catalog), run_params["env"])
        except DatasetError as error:
            # The run has done its work; another program may be using the warehouse by now.
            logger.warning("No summary: %s", error)
            return
        _show(lines)

    @hook_impl
    def on_pipeline_error(self) -> None:
        self._listening.close()
        _show(summarise_results(self._results))


def _show(lines: list[str]) -> None:
    if lines:
        logger.info("Summary\n%s", "\n".join(f"  {line}" for line in lines))
