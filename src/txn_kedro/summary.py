"""The summary at the end of a run: what was made, what was loaded, what there is, what is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from txn_kedro.lake.outcomes import AlreadyCommitted, Committed, Volume
from txn_kedro.next_steps import after_generation, after_loading
from txn_kedro.warehouse.outcomes import LoadReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from kedro.io import DataCatalog

    from txn_kedro.warehouse.query import TableQuery

_BATCHES, _TRANSACTIONS, _LEDGER = "batches", "transactions", "load_ledger"


def summarise(saved: Iterable[str], catalog: DataCatalog, env: str | None = None) -> list[str]:
    """Lines that tell what a run came to; none if it neither made nor loaded a batch.

    Args:
        saved: Names of the datasets that the run saved.
        catalog: Where they are, with the outcomes of their saves.
        env: The environment, if it was named.
    """
    lines = outcomes(saved, catalog)
    if isinstance(_outcome(_TRANSACTIONS, saved, catalog), LoadReport):
        lines.append(_line("Warehouse", _of_warehouse(catalog)))
        following = after_loading(env)
    else:
        following = after_generation(env) if lines else None
    return [*lines, _line("Next", following)] if following else lines


def outcomes(saved: Iterable[str], catalog: DataCatalog) -> list[str]:
    """Lines that tell what a run has made and loaded, also if it failed after that.

    Args:
        saved: Names of the datasets that the run saves.
        catalog: Where they are, with the outcomes of their saves.
    """
    lines = []
    made, loaded = _outcome(_BATCHES, saved, catalog), _outcome(_TRANSACTIONS, saved, catalog)
    if isinstance(made, Committed | AlreadyCommitted):
        lines.append(_line("Batch", _of_batch(made)))
    if isinstance(loaded, LoadReport):
        lines.append(_line("Loaded", _of_load(loaded)))
    return lines


def _outcome(name: str, saved: Iterable[str], catalog: DataCatalog) -> object:
    return getattr(catalog[name], "outcome", None) if name in saved else None


def _line(label: str, text: str) -> str:
    return f"{label:<10} {text}"


def _of_batch(outcome: Committed | AlreadyCommitted) -> str:
    what = f"{outcome.batch_id}: {_of_volume(outcome.volume)}"
    if isinstance(outcome, AlreadyCommitted):
        return f"{what}; committed before, not written again"
    return f"{what}; committed in {_speed(outcome.volume.rows, outcome.seconds)}"


def _of_load(report: LoadReport) -> str:
    failed = f"; {len(report.failures)} REFUSED, as the error says" if report.failures else ""
    already = f"; {len(report.already)} in the warehouse already" if report.already else ""
    if not report.loaded:
        return f"nothing{already}{failed}" if failed else f"nothing: no batch was pending{already}"
    return (
        f"{_count(len(report.loaded), 'batch', 'batches')}, {report.volume.rows:,} transactions "
        f"in {_speed(report.volume.rows, report.seconds)}{already}{failed}"
    )


def _of_warehouse(catalog: DataCatalog) -> str:
    transactions: TableQuery = catalog[_TRANSACTIONS].load()
    ledger: pd.DataFrame = catalog[_LEDGER].load()
    rows, promised = transactions.count(), int(ledger["row_count"].sum())
    batches = _count(len(ledger), "batch", "batches")
    mismatch = f", BUT ITS LEDGER SAYS {promised:,}" if rows != promised else ""
    return f"{transactions.warehouse}: {batches}, {rows:,} transactions{mismatch}"


def _of_volume(volume: Volume) -> str:
    parts = _count(volume.parts, "part", "parts")
    return f"{volume.rows:,} transactions in {parts}, {volume.bytes / 1e6:,.1f} MB"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _speed(rows: int, seconds: float) -> str:
    return f"{seconds:.1f} s ({rows / max(seconds, 1e-9):,.0f} rows/s)"
