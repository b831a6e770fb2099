"""Decide what to load. Nothing is loaded here: the table datasets do that when they save."""

from collections.abc import Mapping

import pandas as pd

from txn_kedro.lake import BatchReference
from txn_kedro.warehouse.pending import find_pending


def select_pending_transactions(
    transactions: Mapping[str, BatchReference], ledger: pd.DataFrame
) -> dict[str, BatchReference]:
    """Batches of transactions that the ledger lacks.

    Args:
        transactions: Ids of the batches in the lake, each with its reference.
        ledger: Rows of the ledger.
    """
    return find_pending(transactions, ledger)


def select_pending_world(
    customers: Mapping[str, BatchReference],
    cards: Mapping[str, BatchReference],
    merchants: Mapping[str, BatchReference],
    ledger: pd.DataFrame,
) -> tuple[
    dict[str, BatchReference],
    dict[str, BatchReference],
    dict[str, BatchReference],
]:
    """Batches of the world's tables that the ledger lacks.

    Args:
        customers: Ids of the batches of customers in the lake, each with its reference.
        cards: The same of cards.
        merchants: The same of merchants.
        ledger: Rows of the ledger.
    """
    return (
        find_pending(customers, ledger),
        find_pending(cards, ledger),
        find_pending(merchants, ledger),
    )
