import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa
from kedro.io import DatasetError

from tests.conftest import NOON_ID, Project, contract_of
from tests.patience import patience
from txn_kedro.datasets import DuckDBTableDataset
from txn_kedro.results import listening
from txn_kedro.synthesis.tables import TABLES, TRANSACTIONS
from txn_kedro.warehouse.errors import LoadFailed, TableMismatch, WarehouseUnavailable

HOLD = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[3:] == ["reading"])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def hold(project):
    """Lets another process hold the warehouse for some seconds."""
    held = []

    def start(seconds: float, *how: str) -> subprocess.Popen:
        command = [sys.executable, "-c", HOLD, str(project.warehouse_path), str(seconds), *how]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        held.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield start
    for process in held:
        process.kill()
        process.communicate()


def test_loaded_rows_are_those_of_the_parquet_value_by_value(project):
    project.generate(rows=3000, refund_share=0.2, decline_share=0.3)
    project.load()
    query = project.table("transactions").load()
    order = query.select.order_by(query.table.c.transaction_id)
    found = replace(query, select=order).to_pandas()
    made = project.rows().to_table().to_pandas(types_mapper=pd.ArrowDtype)
    assert len(found) == 3000
    for column in TRANSACTIONS.column_names:
        pairs = zip(found[column], made[column], strict=True)
        assert all((pd.isna(a) and pd.isna(b)) or a == b for a, b in pairs), column


def test_columns_are_described_in_the_warehouse(project):
    project.generate()
    project.load()
    with duckdb.connect(str(project.warehouse_path), read_only=True) as connection:
        comments = dict(
            connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE table_name='transactions'"
            ).fetchall()
        )
    assert comments == {column.name: column.description for column in TRANSACTIONS.columns}


def test_a_table_is_a_query_that_can_be_refined(project):
    project.generate(rows=1000)
    query = project.load().load()
    assert query.count() == 1000
    assert len(query.head(3)) == 3
    assert query.where(query.table.c.amount < 0).count() == 0
    assert query.where(query.table.c.batch_id == NOON_ID).count() == 1000
    assert isinstance(query.head(1)["amount"].iloc[0], Decimal)
    assert query.sql.startswith("SELECT transactions.transaction_id, ")
    assert "warehouse.duckdb" in repr(query)


def test_a_table_that_is_not_there_yet_is_empty_and_is_not_made(project):
    ledger = project.table("load_ledger", load_args={"as_frame": True})
    assert not ledger.exists()
    assert list(ledger.load()["batch_id"]) == []
    assert project.table("transactions").load().count() == 0
    assert not project.warehouse_path.exists()


def test_a_table_that_the_warehouse_lacks_is_empty(project):
    project.generate()
    project.load()
    assert project.table("customers").load().count() == 0
    assert not project.table("customers").exists()
    assert project.table("transactions").exists()


def test_an_unknown_table_is_told_which_there_are(project):
    with pytest.raises(DatasetError, match=r"no table 'sales'. It has: transactions, customers"):
        project.table("sales")


def test_an_unknown_way_to_evolve_is_refused(project):
    with pytest.raises(DatasetError, match="schema_evolution: expected refuse or add, got 'drop'"):
        project.table("transactions", schema_evolution="drop")


def test_the_ledger_cannot_be_saved_to(project):
    with pytest.raises(DatasetError, match="read-only"):
        project.table("load_ledger").save({})


@pytest.mark.parametrize(
    ("ddl", "difference"),
    [
        ("CREATE TABLE transactions (transaction_id BIGINT)", "column batch_id is missing"),
        (
            "CREATE TABLE transactions AS SELECT * REPLACE (amount::DOUBLE AS amount) FROM made",
            r"column amount is DOUBLE, expected DECIMAL\(18,2\)",
        ),
        (
            "CREATE TABLE transactions AS SELECT * FROM made; "
            "ALTER TABLE transactions ADD COLUMN extra INT; "
            "ALTER TABLE transactions ALTER COLUMN extra SET NOT NULL",
            "column extra is unknown, and is NOT NULL",
        ),
    ],
)
def test_a_table_that_differs_stops_the_load_before_anything_is_written(project, ddl, difference):
    project.generate()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        made = project.rows().to_table()
        connection.register("made", made.slice(0, 0))
        connection.execute(ddl)
    with pytest.raises(TableMismatch, match=difference):
        project.load()
    assert project.in_ledger() == {}


def test_a_table_that_lacks_a_column_is_altered_as_the_error_says(project):
    project.generate()
    project.load()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute("ALTER TABLE load_ledger DROP manifest_sha256")
    project.generate("2026-11-23")
    with pytest.raises(TableMismatch) as refused:
        project.load()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute(str(refused.value).partition("(but widens none):")[2])
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100, "20261123T000000Z": 100}


def test_it_waits_for_another_process_to_let_go(project, hold):
    project.generate()
    hold(1.0)
    project.load(lock_timeout=patience(3))
    assert project.in_ledger() == {NOON_ID: 100}


def test_it_waits_no_longer_than_it_may_and_says_for_whom(project, hold):
    project.generate()
    process = hold(600)
    with pytest.raises(WarehouseUnavailable, match=rf"in use by .*PID {process.pid}") as busy:
        project.load(lock_timeout=0.3)
    assert "What is pending stays pending" in str(busy.value)


def test_a_thread_waits_no_longer_than_it_may_for_another(project):
    warehouse = project.table("transactions", lock_timeout=0.1).warehouse
    with warehouse.transaction(), ThreadPoolExecutor() as pool:
        waiting = pool.submit(lambda: warehouse.transaction().__enter__())
        error = waiting.exception()
    assert isinstance(error, WarehouseUnavailable)
    assert "another thread used it for 0.1 s" in str(error)


def move_away(*files: Path) -> None:
    """What the errors about a damaged warehouse ask for."""
    for file in files:
        if file.exists():
            file.rename(file.with_name(f"{file.name}.away"))


COMMIT_AND_DIE = """
import os, signal, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE note AS SELECT range FROM range(100)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_beside_us(project) -> Path:
    """Let another program commit something, and be killed before DuckDB puts its log away."""
    command = [sys.executable, "-c", COMMIT_AND_DIE, str(project.warehouse_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    return project.warehouse_path.with_name("warehouse.duckdb.wal")


def spoil(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    for byte in range(place, place + 64):
        content[byte] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("remains", [b"", b"half a header", b"not a database" * 1000])
def test_a_file_that_duckdb_cannot_open_is_replaced_as_the_error_says(project, remains):
    project.generate()
    project.warehouse_path.write_bytes(remains)
    with pytest.raises(WarehouseUnavailable, match="next load fills a new warehouse") as refused:
        project.load()
    log = f"{project.warehouse_path}.wal"
    assert f"Move {project.warehouse_path} away, and {log} if it exists" in str(refused.value)
    move_away(project.warehouse_path)
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}


def test_a_path_that_is_not_a_file_is_named_with_what_was_expected(project):
    project.generate()
    project.warehouse_path.mkdir()
    with pytest.raises(WarehouseUnavailable, match="Is a directory. Make sure that it is a DuckDB"):
        project.load()
    project.warehouse_path.rmdir()
    project.load()
    assert project.in_ledger() == {NOON_ID: 100}


@pytest.mark.parametrize("what", ["log", "blocks"])
def test_a_warehouse_that_is_damaged_later_is_replaced_as_the_error_says(project, what):
    project.generate(rows=50_000)
    project.load()
    log = killed_beside_us(project)
    if what == "log":
        spoil(log, log.stat().st_size // 2)
    else:
        project.load()
        spoil(project.warehouse_path, 12_288 + 1000)
    with pytest.raises(WarehouseUnavailable, match="Corrupt") as refused:
        project.table("transactions").load().to_pandas()
    assert "\n" not in str(refused.value)
    assert f"Move {project.warehouse_path} away, and {log} if it exists" in str(refused.value)
    move_away(project.warehouse_path, log)
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 50_000}


def test_the_log_of_a_removed_warehouse_does_not_reach_the_next_one(project, caplog):
    project.generate()
    project.load()
    log = killed_beside_us(project)
    kept = log.read_bytes()
    project.warehouse_path.unlink()
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}
    (aside,) = project.root.glob("warehouse.duckdb.wal.*.removed")
    assert aside.read_bytes() == kept
    assert f"it is now {aside.name}" in caplog.text


def test_a_file_whose_creation_was_interrupted_is_created_again(project):
    project.generate()
    draft = project.root / ".warehouse.duckdb.tmp"
    draft.write_bytes(b"half a header")
    project.load()
    assert [path.name for path in project.root.iterdir() if path.is_file()] == ["warehouse.duckdb"]


def test_no_hard_link_is_needed(project, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    project.generate()
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}


def test_a_path_that_duckdb_cannot_log_beside_is_refused(project):
    path = project.root / "why?" / "warehouse.duckdb"
    project.generate()
    table = DuckDBTableDataset(filepath=str(path), **contract_of("transactions"))
    with pytest.raises(WarehouseUnavailable, match="Choose a path without a question mark"):
        table.save(project.batches().load())


def test_a_reader_waits_for_no_other_reader_and_changes_nothing(project, hold):
    project.generate()
    project.load()
    before = project.warehouse_path.read_bytes()
    hold(600, "reading")
    table = project.table("transactions", lock_timeout=0)
    assert table.exists()
    assert table.load().count() == 100
    assert project.warehouse_path.read_bytes() == before


def test_what_is_committed_is_in_the_file_at_once_with_no_log_beside_it(project):
    project.generate()
    project.load()
    left = project.root / "left.duckdb"
    with project.table("transactions").warehouse.transaction() as connection:
        connection.execute(sa.text("CREATE TABLE note AS SELECT range FROM range(300_000)"))
        connection.commit()
        assert not project.warehouse_path.with_name("warehouse.duckdb.wal").exists()
        shutil.copy(project.warehouse_path, left)  # what a kill would leave now
    with duckdb.connect(str(left), read_only=True) as found:
        assert found.execute("SELECT count(*) FROM note").fetchone() == (300_000,)


@pytest.mark.parametrize("name", ["lake[1]", "lake*", "lake?", "l[a-k]ke[!2]", "~lake", "a%41 #'"])
def test_only_the_files_of_the_manifest_are_read_though_its_path_looks_like_a_pattern(
    tmp_path, name
):
    decoys = [Project(tmp_path / decoy) for decoy in ("lake1", "lakes", "lake", "lake2")]
    for seed, decoy in enumerate(decoys, start=1):
        decoy.generate(seed=seed)
    odd = Project(tmp_path / name)
    odd.generate(seed=99)
    warehouse = tmp_path / "warehouse.duckdb"
    table = DuckDBTableDataset(filepath=str(warehouse), **contract_of("transactions"))
    table.save(odd.batches().load())
    query = table.load()
    loaded = query.to_pandas().sort_values("transaction_id", ignore_index=True)
    made = odd.rows().to_table().to_pandas(types_mapper=pd.ArrowDtype)
    assert list(loaded["amount"]) == list(made["amount"])


def test_a_lake_that_duckdb_has_no_pattern_for_is_refused_with_the_way_out(tmp_path):
    project = Project(tmp_path / r"a\b*")
    project.generate()
    warehouse = str(tmp_path / "warehouse.duckdb")
    table = DuckDBTableDataset(filepath=warehouse, **contract_of("transactions"))
    with pytest.raises(LoadFailed, match="backslash beside .* Move the lake to a folder without"):
        table.save(project.batches().load())


def test_rows_that_a_killed_load_has_left_without_a_ledger_row_are_replaced(project, caplog):
    project.generate()
    project.load()
    with duckdb.connect(str(project.warehouse_path)) as connection:
        connection.execute("DELETE FROM load_ledger")
    project.load()
    assert project.in_table() == project.in_ledger() == {NOON_ID: 100}
    assert f"Batch {NOON_ID} of transactions: removed 100 rows of a killed load" in caplog.text


def test_two_threads_load_each_batch_once(project):
    for day in range(1, 6):
        project.generate(f"2026-11-0{day}")
    datasets = [project.table("transactions") for _ in range(2)]
    pending = project.batches().load()
    threads = [threading.Thread(target=dataset.save, args=[pending]) for dataset in datasets]
    with listening() as reports:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(len(report.loaded) for report in reports) == 5
    assert project.in_table() == project.in_ledger() == dict.fromkeys(pending, 100)


def test_the_preview_is_the_first_rows(project):
    project.generate()
    preview = project.load().preview(nrows=3)
    assert preview["columns"] == TRANSACTIONS.column_names
    assert len(preview["data"]) == 3


def test_it_describes_itself(project):
    text = str(project.table("customers"))
    assert "warehouse.duckdb" in text
    assert "customers" in text


def test_every_table_has_a_dataset(project):
    assert [project.table(name).load().table.name for name in TABLES] == list(TABLES)


def test_a_folder_that_cannot_be_created_is_one_error_with_a_remedy(project):
    project.generate()
    (project.root / "file").write_text("not a folder")
    warehouse = project.root / "file" / "warehouse.duckdb"
    table = DuckDBTableDataset(filepath=str(warehouse), **contract_of("transactions"))
    with pytest.raises(
        WarehouseUnavailable, match="it cannot be created: .*. Make sure that .*/file is a folder"
    ):
        table.save(project.batches().load())


def test_a_full_disk_is_one_error_with_a_remedy(project, caplog, monkeypatch):
    project.generate()
    project.load()
    warehouse = project.table("transactions").warehouse

    def fill(connection):
        # As DuckDB does when its log cannot be written: rolling back fails too.
        connection.connection.dbapi_connection.close()
        error = duckdb.IOException('Could not write file "w.duckdb.wal": No space left on device')
        raise sa.exc.OperationalError("COMMIT", {}, error)

    with (
        pytest.raises(
            WarehouseUnavailable, match="No space left on device. Free space on the disk"
        ),
        warehouse.transaction() as connection,
    ):
        fill(connection)
    assert "Traceback" not in caplog.text
