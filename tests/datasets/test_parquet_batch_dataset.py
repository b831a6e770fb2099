import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError

from tests.conftest import NOON, NOON_ID, Project
from txn_kedro.lake.errors import BatchConflict, FilesRefused, ManifestError
from txn_kedro.lake.outcomes import AlreadyCommitted, Committed
from txn_kedro.synthesis.examples import small_batch
from txn_kedro.synthesis.tables import TRANSACTIONS

SEVERAL_PARTS = 300_000


def test_a_saved_batch_can_be_loaded_lazily(project):
    project.generate(rows=1000)
    loaded = project.rows()
    assert loaded.count_rows() == 1000
    assert loaded.schema.equals(TRANSACTIONS.arrow_schema)


def test_the_files_lie_where_the_layout_says(project):
    project.generate()
    assert set(project.digests()) >= {
        "transactions/date=2026-11-22/transactions_20261122T120000Z_part-0000.parquet",
        "manifests/transactions_20261122T120000Z.json",
    }


def test_committed_batches_are_listed_in_time_order_and_read_when_asked(project):
    project.generate("2026-11-22", rows=20)
    project.generate("2026-11-21", rows=10)
    project.manifest_file("20261121T000000Z").write_text("{")
    batches = project.batches().load()
    assert list(batches) == ["20261121T000000Z", "20261122T000000Z"]
    assert batches["20261122T000000Z"]().manifest.volume.rows == 20
    assert batches["20261122T000000Z"].rows().count_rows() == 20
    with pytest.raises(ManifestError):
        batches["20261121T000000Z"]()


def test_it_is_there_when_a_batch_is(project):
    assert project.batches().load() == {}
    assert not project.batches().exists()
    project.generate()
    assert project.batches().exists()


@pytest.mark.parametrize("workers", [2, 5])
def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path, workers):
    one, several = Project(tmp_path / "one"), Project(tmp_path / "several")
    one.generate(rows=SEVERAL_PARTS, workers=1)
    several.generate(rows=SEVERAL_PARTS, workers=workers)
    assert len(one.part_files()) == 4
    assert one.digests() == several.digests()


def test_a_row_group_is_a_shard_that_all_readers_understand(project):
    project.generate(rows=SEVERAL_PARTS, parts=1)
    (part,) = project.part_files()
    written = pq.ParquetFile(part)
    assert written.metadata.num_row_groups == 5
    assert {written.metadata.row_group(i).num_rows for i in range(5)} == {60_000}
    columns = [written.metadata.row_group(0).column(i) for i in range(len(TRANSACTIONS.columns))]
    assert {column.compression for column in columns} == {"SNAPPY"}
    assert {e for c in columns for e in c.encodings} <= {"PLAIN", "RLE", "RLE_DICTIONARY"}
    by_name = {column.path_in_schema: column for column in columns}
    assert by_name["amount"].physical_type == "FIXED_LEN_BYTE_ARRAY"
    assert by_name["event_ts"].physical_type == "INT64"
    assert by_name["event_ts"].statistics is not None


def test_a_committed_batch_is_not_written_again(project):
    project.generate()
    before = project.digests()
    dataset = project.batches()
    dataset.save(small_batch(NOON, 100))
    assert isinstance(dataset.outcome, AlreadyCommitted)
    assert project.digests() == before


def test_what_a_run_killed_after_its_commit_has_left_is_swept_up(project):
    project.generate()
    before = project.digests()
    for file in (project.manifest_file(), *project.part_files()):
        file.with_name(f".{file.name}.12345678.tmp").write_bytes(b"half")
    project.generate()
    assert project.digests() == before


@pytest.mark.parametrize("damage", [None, b"", b"half"])
def test_a_damaged_part_of_a_committed_batch_is_mended(project, damage):
    project.generate(rows=SEVERAL_PARTS)
    whole = project.digests()
    part = project.part_files()[2]
    part.unlink() if damage is None else part.write_bytes(damage)
    dataset = project.batches()
    dataset.save(small_batch(NOON, SEVERAL_PARTS))
    assert isinstance(dataset.outcome, AlreadyCommitted)
    assert project.digests() == whole


def test_a_part_that_comes_out_otherwise_is_not_passed_off_as_mended(project):
    project.generate()
    project.part_files()[0].unlink()
    other = project.batches(save_args={"compression": "zstd"})
    with pytest.raises(FilesRefused, match="written again, but not to the same bytes"):
        other.save(small_batch(NOON, 100))


def test_what_a_cut_off_run_of_other_settings_has_left_is_removed(project):
    project.generate(rows=SEVERAL_PARTS)
    project.manifest_file().unlink()
    project.generate(rows=100)
    assert len(project.part_files()) == 1
    alone = Project(project.root / "alone")
    alone.generate(rows=100)
    assert project.digests() == alone.digests()


def test_a_committed_batch_is_never_overwritten_by_other_settings(project):
    project.generate()
    before = project.digests()
    with pytest.raises(BatchConflict) as conflict:
        project.batches().save(small_batch(NOON, 100, seed=8, fraud_share=0.01))
    assert conflict.value.batch_id == NOON_ID
    assert "generation.fraud_share was 0.0025, now 0.01" in str(conflict.value)
    assert "seed was 7, now 8" in str(conflict.value)
    assert project.digests() == before


def test_a_half_written_batch_is_completed_to_the_same_bytes(project):
    project.generate(rows=SEVERAL_PARTS)
    whole = project.digests()
    project.manifest_file().unlink()
    first, second, *_ = project.part_files()
    first.unlink()
    second.write_bytes(b"half")
    second.with_name(f".{second.name}.12345678.tmp").write_bytes(b"half")
    dataset = project.batches()
    dataset.save(small_batch(NOON, SEVERAL_PARTS))
    assert isinstance(dataset.outcome, Committed)
    assert project.digests() == whole


def test_progress_is_told_part_by_part(project, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    project.generate(rows=SEVERAL_PARTS)
    told = [record.message for record in caplog.records if "part " in record.message]
    assert len(told) == 4
    assert told[0].startswith(f"Batch {NOON_ID}: part 1 of 4, 75,000 rows, ")


def test_a_failing_part_leaves_no_batch(project):
    in_the_way = project.lake_path / project.lake.part_path(NOON_ID, 1) / "a folder in the way"
    in_the_way.mkdir(parents=True)
    with pytest.raises(DatasetError, match="part-0001"):
        project.batches().save(small_batch(NOON, SEVERAL_PARTS))
    assert project.lake.batch_ids() == []
    assert not list(project.lake_path.rglob("*.tmp"))


def test_it_describes_itself_without_its_credentials(project):
    dataset = project.batches(credentials={"token": "canary"})
    assert "lake" in str(dataset)
    assert "canary" not in str(dataset) + repr(dataset)


def test_the_arguments_given_are_left_alone(project):
    given = {"save_args": {}, "fs_args": {"auto_mkdir": True}}
    project.batches(**given).exists()
    assert given == {"save_args": {}, "fs_args": {"auto_mkdir": True}}


def test_the_preview_is_the_first_rows_of_the_newest_batch(project):
    assert project.batches().preview()["data"] == []
    project.generate()
    preview = project.batches().preview(nrows=3)
    assert preview["columns"] == TRANSACTIONS.column_names
    assert len(preview["data"]) == 3
