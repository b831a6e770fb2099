"""The summary at the end of a run: generated, loaded, total, and what to do next."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from txn_kedro.next_steps import after_generation, after_loading
from txn_kedro.results import AlreadyCommitted, Committed, LoadReport, Volume
from txn_kedro.warehouse.ledger import LOAD_LEDGER, WITHDRAWN
from txn_kedro.warehouse.query import TableQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from txn_kedro.results import Result
    from txn_kedro.stores import Stores


def summarise(results: Sequence[Result], stores: Stores, env: str | None = None) -> list[str]:
    """Summarise a run; return no lines if it neither generated nor loaded a batch.

    Args:
        results: The results of its saves.
        stores: Where the tables are.
        env: The environment, if it was named.
    """
    lines = summarise_results(results)
    reports = [result for result in results if isinstance(result, LoadReport)]
    if reports:
        lines.append(_line("Warehouse", _of_warehouse(reports, stores)))
        following = after_loading(env)
    else:
        following = after_generation(env) if lines else None
    return [*lines, _line("Next", following)] if following else lines


def summarise_results(results: Sequence[Result]) -> list[str]:
    """Summarise what a run has generated and loaded, even if it failed afterwards.

    If no batch is new, the last one that was already committed is listed.
    """
    new = [result for result in results if isinstance(result, Committed)]
    before = [result for result in results if isinstance(result, AlreadyCommitted)]
    lines = [_line("Batch", _of_new(batches)) for batches in _by_id(new)]
    if before and not new:
        lines.append(_line("Batch", _of_committed(before[-1])))
    reports = [result for result in results if isinstance(result, LoadReport)]
    if reports:
        lines.append(_line("Loaded", _of_load(reports)))
    return lines


def _line(label: str, text: str) -> str:
    return f"{label:<10} {text}"


def _by_id(batches: Sequence[Committed]) -> Iterator[list[Committed]]:
    """Batches of several tables that share an id, together."""
    for _, group in groupby(batches, lambda batch: (batch.batch_id, batch.revision)):
        yield list(group)


def _of_new(batches: Sequence[Committed]) -> str:
    first, volume = batches[0], sum((batch.volume for batch in batches), Volume())
    what = _rows_of((batch.table, batch.volume.rows) for batch in batches)
    seconds = sum(batch.seconds for batch in batches)
    return (
        f"{_name(first)}: {what} in {_parts(volume)}; committed in {_speed(volume.rows, seconds)}"
    )


def _of_committed(batch: AlreadyCommitted) -> str:
    what = _rows_of([(batch.table, batch.volume.rows)])
    parts = _parts(batch.volume)
    return f"{_name(batch)}: {what} in {parts}; committed before, not written again"


def _name(batch: Committed | AlreadyCommitted) -> str:
    return batch.batch_id + (f", revision {batch.revision}" if batch.revision > 1 else "")


def _of_load(reports: Sequence[LoadReport]) -> str:
    failures = sum(len(report.failures) for report in reports)
    there = sum(len(report.already) for report in reports)
    failed = f"; {failures} REFUSED, as the error says" if failures else ""
    already = f"; {there} in the warehouse already" if there else ""
    filled = [report for report in reports if report.loaded]
    if not filled:
        return f"nothing{already}{failed}" if failed else f"nothing: no batch was pending{already}"
    batches = _count(sum(len(report.loaded) for report in filled), "batch", "batches")
    rows = sum(report.volume.rows for report in filled)
    return (
        f"{batches}, {_rows_of((report.table, report.volume.rows) for report in filled)} "
        f"in {_speed(rows, sum(report.seconds for report in filled))}{already}{failed}"
    )


def _of_warehouse(reports: Sequence[LoadReport], stores: Stores) -> str:
    """Count the rows of each loaded table, and compare them with the ledger."""
    warehouse = stores.warehouse
    ledger = TableQuery.of(LOAD_LEDGER, warehouse)
    ledger = ledger.where(ledger.table.c.status != WITHDRAWN)
    present = ledger.to_pandas()[["table_name", "row_count"]]
    held, mismatches = [], []
    for report in reports:
        rows = TableQuery.of(stores.warehouses[report.table].table, warehouse).count()
        promised = int(present[present["table_name"] == report.table]["row_count"].sum())
        held.append((report.table, rows))
        if rows != promised:
            mismatches.append(f", BUT ITS LEDGER SAYS {promised:,} {report.table}")
    tables = [report.table for report in reports]
    batches = _count(int(present["table_name"].isin(tables).sum()), "batch", "batches")
    return f"{warehouse}: {batches}, {_rows_of(held)}{''.join(mismatches)}"


def _rows_of(tables: Iterable[tuple[str, int]]) -> str:
    """Numbers of rows, each with the name of its table as what they are."""
    return ", ".join(f"{rows:,} {table}" for table, rows in tables)


def _parts(volume: Volume) -> str:
    return f"{_count(volume.parts, 'part', 'parts')}, {volume.bytes / 1e6:,.1f} MB"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _speed(rows: int, seconds: float) -> str:
    return f"{seconds:.1f} s ({rows / max(seconds, 1e-9):,.0f} rows/s)"
