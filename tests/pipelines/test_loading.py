from dataclasses import dataclass

import pandas as pd
import pytest

from txn_kedro.pipelines.loading.nodes import MOST_COMPARED, choose_world, find_pending
from txn_kedro.pipelines.loading.pipeline import create_pipeline


@dataclass(frozen=True)
class Listed:
    """A committed batch, listed and not to be read."""

    version: str = "1"

    def __call__(self):
        raise AssertionError


def ledger(*batch_ids: str, version: str | None = "1") -> pd.DataFrame:
    return pd.DataFrame({"batch_id": list(batch_ids), "manifest_version": version})


COMMITTED = dict.fromkeys(["20261123T000000Z", "20261121T000000Z", "20261122T000000Z"], Listed())


def test_what_the_ledger_lacks_is_pending_in_time_order():
    pending = find_pending(COMMITTED, ledger("20261122T000000Z"))
    assert list(pending) == ["20261121T000000Z", "20261123T000000Z"]


def test_a_batch_that_was_committed_late_is_pending_too():
    pending = find_pending(COMMITTED, ledger("20261122T000000Z", "20261123T000000Z"))
    assert list(pending) == ["20261121T000000Z"]


def test_nothing_is_pending_when_all_is_loaded():
    assert find_pending(COMMITTED, ledger(*COMMITTED)) == {}


def test_a_ledger_may_know_more_than_the_lake():
    assert find_pending({}, ledger("20261122T000000Z")) == {}


@pytest.mark.parametrize("version", ["2", None])
def test_a_loaded_batch_whose_manifest_has_another_version_is_to_be_compared(version):
    found = find_pending(COMMITTED, ledger("20261122T000000Z", version=version))
    assert list(found) == ["20261121T000000Z", "20261122T000000Z", "20261123T000000Z"]


def test_only_the_newest_of_many_changed_manifests_are_read_in_one_run(caplog):
    names = [f"2026{month:02}{day:02}T000000Z" for month in range(1, 7) for day in range(1, 29)]
    found = find_pending(dict.fromkeys(names, Listed("2")), ledger(*names))
    assert list(found) == names[-MOST_COMPARED:]
    assert "168 manifests have changed since they were loaded; the newest 100 are" in caplog.text


def test_each_world_table_learns_of_all_batches():
    assert choose_world(COMMITTED) == (COMMITTED, COMMITTED, COMMITTED)


def test_the_world_is_loaded_after_the_transactions_which_it_cannot_keep_out():
    nodes = [node.name for node in create_pipeline().nodes]
    assert nodes == ["load_pending", "load_world"]


def test_a_lake_without_batches_has_no_world_to_load_and_the_log_says_so(caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    assert choose_world({}) == ({}, {}, {})
    assert caplog.messages == ["No world to load: the lake has no batch"]
