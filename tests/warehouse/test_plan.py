"""`kedro plan`, over the embedded warehouse."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import NOON_ID, Copy, small_batch
from txn_kedro.synthesis.tables import TRANSACTIONS
from txn_kedro.warehouse.errors import TableMismatch
from txn_kedro.warehouse.plan import make_plan

GENERATE = ("--pipelines", "generation")


def plan(copy: Copy, *options: str):
    done = copy.kedro("plan", *options)
    assert "Traceback" not in done.stderr
    return done


def test_an_empty_lake_has_nothing_pending_and_makes_no_warehouse(copy):
    done = plan(copy)
    assert done.returncode == 0
    assert "0 batches loaded, 0 pending" in done.stdout
    assert not copy.warehouse_path.exists()


def test_a_pending_batch_is_shown_with_its_size_and_sql_and_exit_code_2(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    before = copy.digests()
    done = plan(copy)
    assert done.returncode == 2
    rows = copy.files().manifest.volume.rows
    assert f"  {NOON_ID}    pending  {rows:>11,} rows" in done.stdout
    assert "CREATE TABLE IF NOT EXISTS transactions" in done.stdout
    assert "INSERT INTO transactions (transaction_id, " in done.stdout
    assert f"CAST('{NOON_ID}' AS VARCHAR(64)) AS anon_" in done.stdout
    assert "0 batches loaded, 4 pending (" in done.stdout
    assert copy.digests() == before
    assert not copy.warehouse_path.exists()


def test_once_loaded_nothing_is_pending_and_nothing_is_touched(copy):
    copy.run()
    before = copy.warehouse_path.read_bytes()
    done = plan(copy)
    assert done.returncode == 0
    assert "4 batches loaded, 0 pending" in done.stdout
    assert "INSERT" not in done.stdout
    assert copy.warehouse_path.read_bytes() == before


def test_a_broken_batch_is_shown_with_the_reason(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    copy.part_files()[0].unlink()
    done = plan(copy)
    assert done.returncode == 2
    assert f"  {NOON_ID}    broken" in done.stdout
    assert "is missing. To repair it, run: kedro run --pipelines generation" in done.stdout


def test_a_broken_manifest_and_a_broken_world_are_shown_too(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    (merchants,) = copy.lake_path.glob("merchants/*.parquet")
    merchants.write_bytes(b"")
    assert re.search(r"merchants\n  \w{16}-0  broken", plan(copy).stdout)
    (manifest,) = copy.lake_path.glob("manifests/customers_*.json")
    manifest.write_text("{")
    told = plan(copy)
    assert told.returncode == 2
    assert re.search(r"customers\n  \w{16}-0  broken", told.stdout)
    copy.manifest_file().write_text("{")
    assert f"The manifest {copy.manifest_file()} is broken" in plan(copy).stdout


def test_json_tells_the_same_to_a_program(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    done = plan(copy, "--json")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert told["pending"] is True
    assert told["warehouse"] == str(copy.warehouse_path)
    *world, batch = told["batches"]
    volume = copy.files().manifest.volume
    assert batch["volume"] == {"rows": volume.rows, "bytes": volume.bytes, "parts": volume.parts}
    assert [step["table"] for step in world] == ["customers", "cards", "merchants"]


def test_json_is_all_of_the_standard_output_though_the_newest_manifest_is_broken(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    copy.manifest_file().write_text("{not json")
    done = copy.kedro("plan", "--json")
    *_, batch = json.loads(done.stdout)["batches"]
    assert batch["state"] == "broken"


def test_an_error_has_exit_code_1(copy):
    copy.warehouse_path.parent.mkdir(exist_ok=True)
    copy.warehouse_path.write_text("not a database")
    done = copy.kedro("plan")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_a_batch_that_was_loaded_from_another_manifest_is_an_error_everywhere(copy):
    copy.run(params="execution_time=2026-11-22T12:00:00Z")
    copy.manifest_file().unlink()
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z,seed=8")
    done = copy.kedro("run", "--pipelines", "loading")
    assert done.returncode == 1
    assert "; 1 REFUSED, as the error says" in done.stdout
    assert "the warehouse holds other rows than the lake" in done.stderr
    done = plan(copy)
    assert done.returncode == 1
    assert f"  {NOON_ID}    differs" in done.stdout
    assert " broken, 1 LOADED FROM" in done.stdout
    assert f"Error: The warehouse and the lake disagree on transactions {NOON_ID}" in done.stderr


def planned(project, **arguments):
    batches = project.batches()
    warehouse = project.table("transactions").warehouse
    return make_plan(warehouse, {batches.table: batches.load()}, **arguments)


def test_verify_reads_every_manifest_though_none_seems_changed(project):
    project.generate()
    project.load()
    file, stat = project.manifest_file(), project.manifest_file().stat()
    file.write_bytes(file.read_bytes().replace(b'"seed": 7', b'"seed": 8'))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (seeming,) = planned(project).batches
    (verified,) = planned(project, verify=True).batches
    assert (seeming.state, verified.state) == ("loaded", "differs")
    assert "configuration_fingerprint is not that of the configuration" in verified.problem


def test_a_loaded_batch_that_the_lake_no_longer_has_stays_loaded(project):
    project.generate("2026-11-21")
    project.generate()
    project.load()
    project.manifest_file().unlink()
    assert [batch.state for batch in planned(project, verify=True).batches] == ["loaded"] * 2


def test_of_a_lake_that_is_gone_the_plan_tells_what_the_ledger_knows(project):
    project.generate()
    project.load()
    shutil.rmtree(project.lake_path)
    assert [batch.state for batch in planned(project).batches] == ["loaded"]


def test_withdrawn_and_superseded_batches_are_told_and_are_not_pending(project):
    project.generate("2026-11-21")
    project.generate()
    project.load()
    project.table("transactions").loader.withdraw("20261121T000000Z")
    project.batches().save(small_batch(rows=90, revision=2))
    found = planned(project)
    assert [batch.state for batch in found.batches] == ["withdrawn", "superseded"]
    assert "kedro replace 20261122T120000Z" in found.batches[1].problem
    assert not found.is_pending
    *_, total = found.lines()
    assert total.endswith("0 broken, 1 withdrawn, 1 superseded.")


def test_a_batch_of_another_lake_than_the_tables_is_broken(project):
    project.generate()
    project.load()
    (project.lake_path / "lake.json").unlink()
    (batch,) = planned(project).batches
    assert batch.state == "broken"
    assert "its table holds batches of the lake" in batch.problem


def test_columns_that_would_be_added_are_shown(project):
    project.generate()
    project.load()
    project.sql("ALTER TABLE transactions DROP fraud_pattern")
    project.generate("2026-11-23")
    found = planned(project, evolving=[TRANSACTIONS])
    assert "ALTER TABLE transactions ADD COLUMN fraud_pattern VARCHAR(20)" in found.creates
    with pytest.raises(TableMismatch):
        planned(project)


def test_a_plan_waits_for_no_reader(project):
    project.generate()
    project.load()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(project.warehouse_path)], stdin=subprocess.PIPE
    ) as reader:
        assert planned(project).batches[0].state == "loaded"
        reader.communicate(b"\n")
