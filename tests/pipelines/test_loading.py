import pandas as pd

from txn_kedro.pipelines.loading.nodes import choose_world, find_pending
from txn_kedro.pipelines.loading.pipeline import create_pipeline


def not_to_be_read():
    raise AssertionError


def ledger(*batch_ids: str) -> pd.DataFrame:
    return pd.DataFrame({"batch_id": list(batch_ids)})


COMMITTED = dict.fromkeys(
    ["20261123T000000Z", "20261121T000000Z", "20261122T000000Z"], not_to_be_read
)


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


def test_each_world_table_learns_of_all_batches():
    assert choose_world(COMMITTED) == (COMMITTED, COMMITTED, COMMITTED)


def test_the_world_is_loaded_after_the_transactions_which_it_cannot_keep_out():
    nodes = [node.name for node in create_pipeline().nodes]
    assert nodes == ["load_pending", "load_world"]
