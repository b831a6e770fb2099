"""`kedro plan`, over the embedded warehouse."""

import json

from tests.conftest import NOON_ID, Copy

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
    rows = copy.lake.batch(NOON_ID).manifest.volume.rows
    assert f"{NOON_ID}  pending  {rows:>11,} rows" in done.stdout
    assert "CREATE TABLE IF NOT EXISTS transactions" in done.stdout
    assert "INSERT INTO transactions (transaction_id, " in done.stdout
    assert f"loaded_at) VALUES ('{NOON_ID}', {rows}, " in done.stdout
    assert done.stdout.rstrip().endswith("world tables to load: customers, cards, merchants.")
    assert copy.digests() == before
    assert not copy.warehouse_path.exists()


def test_once_loaded_nothing_is_pending_and_nothing_is_touched(copy):
    copy.run()
    before = copy.warehouse_path.read_bytes()
    done = plan(copy)
    assert done.returncode == 0
    assert "1 batch loaded, 0 pending" in done.stdout
    assert "INSERT" not in done.stdout
    assert copy.warehouse_path.read_bytes() == before


def test_a_broken_batch_is_shown_with_the_reason(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    copy.part_files()[0].unlink()
    done = plan(copy)
    assert done.returncode == 2
    assert f"{NOON_ID}  broken" in done.stdout
    assert "is missing. To mend it, run: kedro run --pipelines generation" in done.stdout


def test_a_broken_manifest_and_a_broken_world_are_shown_too(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    (merchants,) = copy.lake_path.glob("world/*/merchants.parquet")
    merchants.write_bytes(b"")
    assert "merchants         broken" in plan(copy).stdout
    (manifest,) = copy.lake_path.glob("world/*/customers.json")
    manifest.unlink()
    told = plan(copy)
    assert (told.returncode, "customers         broken" in told.stdout) == (2, True)
    copy.manifest_file().write_text("{")
    assert f"The manifest {copy.manifest_file()} is broken" in plan(copy).stdout


def test_json_tells_the_same_to_a_program(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    done = plan(copy, "--json")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert told["pending"] is True
    assert told["warehouse"] == str(copy.warehouse_path)
    (batch,) = told["batches"]
    volume = copy.lake.batch(NOON_ID).manifest.volume
    assert batch["volume"] == {"rows": volume.rows, "bytes": volume.bytes, "parts": volume.parts}
    assert [step["name"] for step in told["world"]] == ["customers", "cards", "merchants"]


def test_json_is_all_of_the_standard_output_though_the_newest_manifest_is_broken(copy):
    copy.run(*GENERATE, params="execution_time=2026-11-22T12:00:00Z")
    copy.manifest_file().write_text("{not json")
    done = copy.kedro("plan", "--json")
    (batch,) = json.loads(done.stdout)["batches"]
    assert batch["state"] == "broken"
    assert "passed over" in done.stderr


def test_an_error_has_exit_code_1(copy):
    copy.warehouse_path.parent.mkdir(exist_ok=True)
    copy.warehouse_path.write_text("not a database")
    done = copy.kedro("plan")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
