"""The project's context: Kedro's context, with the file in errors about parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kedro.framework.context import KedroContext
from kedro.validation.exceptions import ParameterValidationError

from txn_kedro.parameters import with_sources

if TYPE_CHECKING:
    from txn_kedro.config import ConfigLoader


class Context(KedroContext):
    """Kedro's context, with the source in errors about parameters."""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters, validated by the pipelines' type hints.

        Raises:
            ParameterValidationError: A parameter has a wrong value. The message names its source.
        """
        try:
            found: dict[str, Any] = super().params
        except ParameterValidationError as error:
            sources = cast("ConfigLoader", self.config_loader).parameter_sources()
            raise type(error)(with_sources(str(error), sources)) from error
        return found
