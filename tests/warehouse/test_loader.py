"""How the loader takes conflicts and refusals; what it must do in any warehouse is in
test_conformance.py.
"""

import os
from contextlib import contextmanager

import pytest

from tests.conftest import NOON_ID, small_batch
from txn_kedro.datasets import DuckDBTableDataset
from txn_kedro.results import AlreadyLoaded, listening
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.warehouse.duckdb_warehouse import DuckDBWarehouse
from txn_kedro.warehouse.errors import (
    LoadFailed,
    TableMismatch,
    TransientFailure,
    WarehouseUnavailable,
)
from txn_kedro.warehouse.loader import Loader
from txn_kedro.warehouse.pending import find_pending
from txn_kedro.warehouse.retrying import ATTEMPTS


class Contended(DuckDBWarehouse):
    """Fails some commits as a warehouse does whose other loader has won the race."""

    def __init__(self, path, conflicts: int):
        super().__init__(str(path), DuckDBTableDataset.DEFAULT_CONFIG, lock_timeout=60)
        self.conflicts = conflicts

    @contextmanager
    def transaction(self):
        with super().transaction() as connection:
            yield connection
            if self.conflicts > 0:
                self.conflicts -= 1
                problem = "1023: serializable isolation violation"
                raise TransientFailure(str(self), problem, "Run again.")


def loader(project, conflicts: int) -> Loader:
    return Loader(Contended(project.warehouse_path, conflicts), TRANSACTIONS)


def test_a_conflict_retries_the_whole_transaction(project, caplog):
    project.generate()
    report = loader(project, 2).load(project.batches().load())
    assert [loaded.batch_id for loaded in report.loaded] == [NOON_ID]
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}
    assert "Trying again (2 of 4): 1023: serializable isolation violation" in caplog.text


def test_a_batch_that_another_loader_won_is_left_to_it(project):
    project.generate()
    files = project.files()
    project.load()
    report = loader(project, 1).load({NOON_ID: lambda: files})
    assert report.already == [AlreadyLoaded("transactions", NOON_ID)]
    assert project.in_table() == {NOON_ID: 100}


def test_a_conflict_that_never_ends_is_given_up_with_a_reason(project):
    project.generate()
    with pytest.raises(
        WarehouseUnavailable, match=f"it failed {ATTEMPTS} times; the last error was: 1023"
    ):
        loader(project, 1000).load(project.batches().load())
    assert project.in_table() == {}


@pytest.mark.parametrize("change", ["withdraw", "replace"])
def test_a_conflict_retries_a_correction_too(project, change, caplog):
    project.generate()
    project.load()
    contended = loader(project, 2)
    if change == "withdraw":
        contended.withdraw(NOON_ID)
    else:
        project.batches().save(small_batch(rows=90, revision=2))
        contended.replace(project.files())
    expected = {} if change == "withdraw" else {NOON_ID: 90}
    assert project.in_table() == project.in_ledger() == expected
    assert "Trying again (2 of 4)" in caplog.text


def test_what_the_warehouse_itself_refuses_fails_that_batch_only(project):
    for day in (21, 22, 23):
        project.generate(f"2026-11-{day}", rows=day)
    project.load()
    project.sql("DELETE FROM load_ledger; DELETE FROM transactions")
    project.sql("CREATE UNIQUE INDEX every ON load_ledger (row_count)")
    project.sql(
        "INSERT INTO load_ledger VALUES "
        "('x', 'other', 'x', 'x', 9, 1, 22, 0, 0, '', '', '', '', '2026-01-01', '2026-01-01')"
    )
    refused = "Batch 20261122T000000Z of transactions: nothing of it loaded: Const"
    with pytest.raises(LoadFailed, match=refused) as error:
        project.load()
    assert "[SQL" not in str(error.value)
    assert list(project.in_table()) == ["20261121T000000Z", "20261123T000000Z"]


def test_a_manifest_that_was_only_touched_is_compared_and_found_the_same(project):
    project.generate()
    project.load()
    os.utime(project.manifest_file(), (1, 1))
    pending = find_pending(project.batches().load(), project.ledger())
    assert list(pending) == [NOON_ID]
    with listening() as results:
        project.table("transactions").save(pending)
    assert results[0].already == [AlreadyLoaded("transactions", NOON_ID)]


def test_a_ledger_row_without_a_digest_is_compared_by_what_it_has(project):
    project.generate()
    project.load()
    project.sql("ALTER TABLE load_ledger ALTER manifest_sha256 DROP NOT NULL")
    project.sql("UPDATE load_ledger SET manifest_sha256 = NULL")
    with listening() as results:
        project.load()
    assert results[0].already == [AlreadyLoaded("transactions", NOON_ID)]


def test_a_ledger_of_another_shape_stops_the_load(project):
    project.generate()
    project.sql("CREATE TABLE load_ledger (lake_id VARCHAR)")
    with pytest.raises(TableMismatch, match="Table load_ledger does not.*row_count is missing"):
        project.load()
    assert not project.table("transactions").exists()
