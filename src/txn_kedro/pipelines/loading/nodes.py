"""Decide what to load. Nothing is loaded here: the table datasets do that when they save."""

import logging
from collections.abc import Callable, Mapping

import pandas as pd

from txn_kedro.lake import BatchReference, LakeFiles

logger = logging.getLogger(__name__)

MOST_COMPARED = 100
"""Most manifests that one run reads only to compare them with the ledger."""


def find_pending(
    committed: Mapping[str, BatchReference], ledger: pd.DataFrame
) -> dict[str, BatchReference]:
    """Batches that are committed but not in the ledger, in time order, late ones included.

    With them go batches that are in the ledger, but whose manifest has another version than when
    they were loaded: the newest ``MOST_COMPARED`` of these. The load compares them.

    Args:
        committed: Batch ids, each with the reference that reads its manifest.
        ledger: The ledger's rows, with their ``batch_id`` and ``manifest_version``.
    """
    loaded = dict(zip(ledger["batch_id"], ledger["manifest_version"].fillna(""), strict=True))
    pending = [name for name in committed if name not in loaded]
    changed = [n for n in sorted(loaded) if n in committed and committed[n].version != loaded[n]]
    if len(changed) > MOST_COMPARED:
        logger.warning(
            "%d manifests have changed since they were loaded; the newest %d are compared with the "
            "ledger. kedro plan --verify compares all.",
            len(changed),
            MOST_COMPARED,
        )
    return {name: committed[name] for name in sorted([*pending, *changed[-MOST_COMPARED:]])}


def choose_world(
    committed: Mapping[str, Callable[[], LakeFiles]],
) -> tuple[Mapping[str, Callable[[], LakeFiles]], ...]:
    """What each of the three world tables is told the current world from: all committed batches."""
    if not committed:
        logger.info("No world to load: the lake has no batch")
    return committed, committed, committed
