"""Tries again what a lost connection or a conflict has cut off."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from txn_kedro.warehouse.errors import TransientFailure, WarehouseUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

logger = logging.getLogger(__name__)

ATTEMPTS = 5
_FIRST_PAUSE = 0.2


def retrying(transaction: Callable[[], T]) -> T:
    """Run a transaction, and run it again if it fails for a transient reason.

    Raises:
        WarehouseUnavailable: It failed ``ATTEMPTS`` times.
    """
    attempt = 1
    while True:
        try:
            return transaction()
        except TransientFailure as error:
            if attempt == ATTEMPTS:
                problem = f"it failed {ATTEMPTS} times; the last error was: {error.problem}"
                raise WarehouseUnavailable(error.where, problem, error.remedy) from error
            logger.warning("Trying again (%d of %d): %s", attempt, ATTEMPTS - 1, error.problem)
        time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
        attempt += 1
