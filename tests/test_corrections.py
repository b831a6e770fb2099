"""``kedro withdraw``, ``kedro replace`` and ``kedro upgrade``, as their users call them."""

import subprocess

import pytest

from tests.conftest import KEDRO, NOON, NOON_ID, Copy

pytestmark = pytest.mark.slow

AT_NOON = f"execution_time={NOON}"


@pytest.fixture
def loaded(copy: Copy) -> Copy:
    """A project that has generated and loaded one batch."""
    copy.run(params=AT_NOON)
    return copy


def answer(copy: Copy, *command: str, with_: str) -> subprocess.CompletedProcess[str]:
    """Call a command of Kedro that asks, and answer."""
    return subprocess.run(
        [KEDRO, *command], cwd=copy.root, input=with_, capture_output=True, text=True, check=False
    )


def refused(copy: Copy, *command: str) -> str:
    done = copy.kedro(*command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_batch_is_withdrawn_and_brought_back(loaded):
    rows = loaded.in_table()[NOON_ID]
    told = loaded.kedro("withdraw", NOON_ID, "--yes")
    assert (told.returncode, told.stdout) == (0, f"transactions {NOON_ID}: withdrawn\n")
    assert loaded.in_table() == loaded.in_ledger() == {}
    again = loaded.kedro("withdraw", NOON_ID, "--yes")
    assert again.stdout == f"transactions {NOON_ID}: withdrawn before\n"
    assert "nothing: no batch was pending" in loaded.run("--pipelines", "loading")
    told = loaded.kedro("replace", NOON_ID, "--yes")
    assert told.stdout.startswith(f"transactions {NOON_ID}: replaced, {rows:,} rows in ")
    assert loaded.in_table() == loaded.in_ledger() == {NOON_ID: rows}


def test_a_correction_is_generated_planned_and_put_in_place(loaded):
    loaded.run("--pipelines", "generation", params=f"{AT_NOON},revision=2,seed=7")
    assert "the lake has revision 2" in loaded.run("--pipelines", "loading")
    before = loaded.in_table()
    planned = loaded.kedro("plan", "--replace", NOON_ID)
    assert planned.returncode == 0
    assert f"DELETE FROM transactions WHERE transactions.batch_id = '{NOON_ID}';" in planned.stdout
    assert "status='replaced'" in planned.stdout
    assert loaded.in_table() == before
    assert loaded.kedro("replace", NOON_ID, "--yes").returncode == 0
    assert loaded.in_table() == loaded.in_ledger()
    assert loaded.kedro("plan").returncode == 0
    told = loaded.kedro("replace", NOON_ID, "--yes").stdout
    assert told == f"transactions {NOON_ID}: its rows are those of the lake already\n"


def test_nothing_is_done_before_the_question_is_answered(loaded):
    before = loaded.in_table()
    asked = answer(loaded, "withdraw", NOON_ID, with_="n\n")
    assert asked.returncode == 1
    assert f"Withdraw batch {NOON_ID}? [y/N]" in asked.stderr
    assert loaded.in_table() == before
    assert answer(loaded, "withdraw", NOON_ID, with_="y\n").returncode == 0
    assert loaded.in_table() == {}


def test_a_world_is_withdrawn_table_by_table(loaded):
    (world,) = loaded.in_ledger("cards")
    error = refused(loaded, "withdraw", world, "--yes")
    assert f"Batch {world} is in 3 tables: customers, cards, merchants. Name one by" in error
    done = loaded.kedro("withdraw", world, "--table", "cards", "--yes")
    assert done.stdout == f"cards {world}: withdrawn\n"
    assert loaded.in_ledger("cards") == {}
    assert loaded.in_ledger("customers") == {world: 500}


def test_what_cannot_be_corrected_is_refused_with_what_is_known(loaded):
    assert "never had a batch 20300101T000000Z of any table. kedro plan lists" in refused(
        loaded, "withdraw", "20300101T000000Z", "--yes"
    )
    assert "No batches are loaded into a table 'sales'. Known: " in refused(
        loaded, "replace", NOON_ID, "--table", "sales", "--yes"
    )
    loaded.manifest_file().unlink()
    assert f"To remove it from the warehouse, run: kedro withdraw {NOON_ID}" in refused(
        loaded, "replace", NOON_ID, "--yes"
    )
    assert loaded.kedro("plan", "--withdraw", NOON_ID, "--replace", NOON_ID).returncode == 2


def test_an_upgrade_of_the_present_layout_moves_nothing(loaded):
    done = loaded.kedro("upgrade", "--yes")
    assert (done.returncode, done.stdout.strip()) == (
        0,
        f"{loaded.warehouse_path}: nothing to move.",
    )


def test_a_warehouse_of_an_older_version_is_moved_by_the_command_of_the_error(loaded):
    rows = loaded.in_table()
    loaded.sql("ALTER TABLE load_ledger RENAME TO present")
    loaded.sql(
        "CREATE TABLE load_ledger AS SELECT batch_id, row_count, byte_count, part_count, manifest, "
        "manifest_sha256, manifest_version, schema_fingerprint, '0' AS world_fingerprint, "
        "loaded_at FROM present WHERE table_name = 'transactions'"
    )
    for table in ("customers", "cards", "merchants"):
        loaded.sql(f"ALTER TABLE {table} DROP batch_id")
    loaded.sql("ALTER TABLE transactions DROP world_fingerprint")
    error = refused(loaded, "run", "--pipelines", "loading")
    assert "run: kedro upgrade" in error
    assert "kedro upgrade" in refused(loaded, "plan")
    done = loaded.kedro("upgrade", "--yes")
    assert done.returncode == 0, done.stderr
    assert "ALTER TABLE load_ledger RENAME TO load_ledger_version_1;" in done.stdout
    loaded.run("--pipelines", "loading")
    assert loaded.in_table() == loaded.in_ledger() == rows
    assert list(loaded.in_ledger("cards").values()) == [809]
