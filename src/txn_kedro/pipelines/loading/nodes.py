"""Decide what to load. Nothing is loaded here: the table datasets do that when they save."""

from collections.abc import Callable, Mapping

import pandas as pd

from txn_kedro.datasets.lake import LakeFiles


def find_pending(
    committed: Mapping[str, Callable[[], LakeFiles]], ledger: pd.DataFrame
) -> dict[str, Callable[[], LakeFiles]]:
    """Batches that are committed but not in the ledger, in time order, late ones included.

    Args:
        committed: Batch ids, each with the function that reads its manifest.
        ledger: The ledger's rows, with their ``batch_id``.
    """
    loaded = set(ledger["batch_id"])
    return {name: committed[name] for name in sorted(committed) if name not in loaded}


def choose_world(
    committed: Mapping[str, Callable[[], LakeFiles]],
) -> tuple[Mapping[str, Callable[[], LakeFiles]], ...]:
    """What each of the three world tables is told the current world from: all committed batches."""
    return committed, committed, committed
