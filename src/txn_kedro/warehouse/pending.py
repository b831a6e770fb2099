"""Find pending batches: committed batches that the ledger lacks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from txn_kedro.warehouse.ledger import WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from txn_kedro.lake import BatchReference

logger = logging.getLogger(__name__)

MOST_COMPARED = 100
"""Most manifests that one run reads only to compare them with the ledger."""


def find_pending(
    committed: Mapping[str, BatchReference], ledger: pd.DataFrame
) -> dict[str, BatchReference]:
    """Batches that are committed but not in the ledger, in the order of their ids, late ones too.

    The result also contains the newest ``MOST_COMPARED`` batches whose manifest has changed since
    they were loaded; the load compares them with the ledger. A withdrawn batch is not pending.

    Args:
        committed: Ids of a table's batches, each with the reference that reads its manifest.
        ledger: Rows of the ledger, of all tables.
    """
    known = {
        (row.lake_id, row.table_name, row.batch_id): row
        for row in ledger[
            ["lake_id", "table_name", "batch_id", "status", "manifest_version"]
        ].itertuples()
    }
    pending, changed = [], []
    for batch_id, reference in sorted(committed.items()):
        row = known.get((reference.lake_id, reference.table.name, batch_id))
        if row is None:
            pending.append(batch_id)
        elif row.status != WITHDRAWN and row.manifest_version != reference.version:
            changed.append(batch_id)
    if len(changed) > MOST_COMPARED:
        logger.warning(
            "%d manifests have changed since they were loaded; the newest %d are compared with the "
            "ledger. kedro plan --verify compares all.",
            len(changed),
            MOST_COMPARED,
        )
    return {name: committed[name] for name in sorted([*pending, *changed[-MOST_COMPARED:]])}
