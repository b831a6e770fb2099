from dataclasses import dataclass

import pandas as pd
import pytest

from txn_kedro.lake import BatchName
from txn_kedro.synthesis.tables import CUSTOMERS, TRANSACTIONS
from txn_kedro.tables import Table
from txn_kedro.warehouse.ledger import LOADED, REPLACED, WITHDRAWN
from txn_kedro.warehouse.pending import MOST_COMPARED, find_pending


@dataclass(frozen=True)
class Listed:
    """A committed batch, listed and not to be read."""

    name: BatchName
    version: str = "1"
    lake_id: str = "lake"
    table: Table = TRANSACTIONS

    def __call__(self):
        raise AssertionError


def committed(*batch_ids: str, version: str = "1") -> dict[str, Listed]:
    return {b: Listed(BatchName("transactions", b), version) for b in batch_ids}


def ledger(*batch_ids: str, **changes: str | None) -> pd.DataFrame:
    row = {
        "lake_id": "lake",
        "table_name": "transactions",
        "status": LOADED,
        "manifest_version": "1",
        **changes,
    }
    columns = ["lake_id", "table_name", "batch_id", "status", "manifest_version"]
    return pd.DataFrame([{**row, "batch_id": b} for b in batch_ids], columns=columns)


COMMITTED = committed("20261123T000000Z", "20261121T000000Z", "20261122T000000Z")


def test_what_the_ledger_lacks_is_pending_in_time_order():
    pending = find_pending(COMMITTED, ledger("20261122T000000Z"))
    assert list(pending) == ["20261121T000000Z", "20261123T000000Z"]


def test_a_batch_that_was_committed_late_is_pending_too():
    pending = find_pending(COMMITTED, ledger("20261122T000000Z", "20261123T000000Z"))
    assert list(pending) == ["20261121T000000Z"]


@pytest.mark.parametrize("status", [LOADED, REPLACED, WITHDRAWN])
def test_nothing_is_pending_when_the_ledger_has_all_whatever_became_of_it(status):
    assert find_pending(COMMITTED, ledger(*COMMITTED, status=status)) == {}


def test_a_ledger_may_know_more_than_the_lake():
    assert find_pending({}, ledger("20261122T000000Z")) == {}


@pytest.mark.parametrize("other", [{"lake_id": "other"}, {"table_name": CUSTOMERS.name}])
def test_the_same_id_in_another_lake_or_table_is_another_batch(other):
    assert list(find_pending(COMMITTED, ledger(*COMMITTED, **other))) == sorted(COMMITTED)


@pytest.mark.parametrize("version", ["2", None])
def test_a_loaded_batch_whose_manifest_has_another_version_is_to_be_compared(version):
    found = find_pending(COMMITTED, ledger("20261122T000000Z", manifest_version=version))
    assert list(found) == ["20261121T000000Z", "20261122T000000Z", "20261123T000000Z"]


def test_a_withdrawn_batch_is_not_compared():
    withdrawn = ledger("20261122T000000Z", status=WITHDRAWN, manifest_version="2")
    assert list(find_pending(committed("20261122T000000Z"), withdrawn)) == []


def test_only_the_newest_of_many_changed_manifests_are_read_in_one_run(caplog):
    names = [f"2026{month:02}{day:02}T000000Z" for month in range(1, 7) for day in range(1, 29)]
    found = find_pending(committed(*names, version="2"), ledger(*names))
    assert list(found) == names[-MOST_COMPARED:]
    assert "168 manifests have changed since they were loaded; the newest 100 are" in caplog.text
