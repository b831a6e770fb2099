from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError

from tests.conftest import NOON, NOON_ID, Project, small_batch
from txn_kedro.lake import LazyBatch
from txn_kedro.lake.errors import BatchConflict, FilesRefused, ManifestError
from txn_kedro.results import AlreadyCommitted, Committed, listening
from txn_kedro.synthesis.tables import TRANSACTIONS

SEVERAL_PARTS = 300_000


def of_batches(project: Project) -> dict[str, str]:
    """Digests of all files but the lake's id, in which no two lakes agree."""
    return {path: digest for path, digest in project.digests().items() if path != "lake.json"}


def test_a_saved_batch_can_be_loaded_lazily(project):
    project.generate(rows=1000)
    loaded = project.rows()
    assert loaded.count_rows() == 1000
    assert loaded.schema.equals(TRANSACTIONS.arrow_schema)


def test_the_files_lie_where_the_layout_says(project):
    project.generate()
    fingerprint = project.files().manifest.configuration_fingerprint
    assert set(project.digests()) >= {
        "lake.json",
        f"transactions/date=2026-11-22/transactions_{NOON_ID}_{fingerprint}_part-0000.parquet",
        f"manifests/transactions_{NOON_ID}.json",
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
    assert of_batches(one) == of_batches(several)


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
    with listening() as results:
        project.batches().save(small_batch(NOON, 100))
    assert [type(result) for result in results] == [AlreadyCommitted]
    assert project.digests() == before


def test_what_a_run_killed_after_its_commit_has_left_is_swept_up(project):
    project.generate()
    before = project.digests()
    for file in (project.manifest_file(), *project.part_files()):
        file.with_name(f".{file.name}.12345678.tmp").write_bytes(b"half")
    project.generate()
    assert project.digests() == before


@pytest.mark.parametrize("damage", [None, b"", b"half"])
def test_a_damaged_part_of_a_committed_batch_is_repaired(project, damage):
    project.generate(rows=SEVERAL_PARTS)
    whole = project.digests()
    part = project.part_files()[2]
    part.unlink() if damage is None else part.write_bytes(damage)
    with listening() as results:
        project.batches().save(small_batch(NOON, SEVERAL_PARTS))
    assert [type(result) for result in results] == [AlreadyCommitted]
    assert project.digests() == whole


def test_a_part_that_comes_out_otherwise_is_not_passed_off_as_repaired(project):
    project.generate()
    project.part_files()[0].unlink()

    def other_rows():
        return small_batch(NOON, 100, seed=8).parts[0]()

    plan = small_batch(NOON, 100)
    with pytest.raises(FilesRefused, match="written again, but not to the same bytes"):
        project.batches().save(replace(plan, parts=[other_rows]))


@pytest.mark.parametrize(
    ("arguments", "change", "difference"),
    [
        ({"save_args": {"compression": "zstd"}}, {}, "save_args was {}, now {'compression': 'zst"),
        ({}, {"generator_version": 99}, "generator_version was 2, now 99"),
    ],
)
def test_what_another_version_committed_stays_committed_but_only_that_version_mends_it(
    project, arguments, change, difference
):
    project.generate()
    newer = project.batches(**arguments)
    batch = replace(small_batch(NOON, 100), **change)
    newer.save(batch)
    assert len(project.part_files()) == 1
    project.part_files()[0].unlink()
    with pytest.raises(FilesRefused, match=difference):
        newer.save(batch)


def test_what_a_cut_off_run_of_other_settings_has_left_is_removed(project):
    project.generate(rows=SEVERAL_PARTS)
    project.manifest_file().unlink()
    project.generate(rows=100)
    assert len(project.part_files()) == 1
    alone = Project(project.root / "alone")
    alone.generate(rows=100)
    assert of_batches(project) == of_batches(alone)


def test_a_committed_batch_is_never_overwritten_by_other_settings(project):
    project.generate()
    before = project.digests()
    with pytest.raises(BatchConflict) as conflict:
        project.batches().save(small_batch(NOON, 100, seed=8, fraud_share=0.01))
    assert conflict.value.label == f"Batch {NOON_ID} of transactions"
    assert "ask for revision 2 of it" in str(conflict.value)
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
    with listening() as results:
        project.batches().save(small_batch(NOON, SEVERAL_PARTS))
    assert [type(result) for result in results] == [Committed]
    assert project.digests() == whole


def test_progress_is_told_part_by_part(project, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    project.generate(rows=SEVERAL_PARTS)
    told = [text for text in caplog.messages if text.startswith(f"transactions {NOON_ID}: part ")]
    assert len(told) == 4
    assert told[0].startswith(f"transactions {NOON_ID}: part 1 of 4, 75,000 rows")


def test_a_failing_part_leaves_no_batch(project):
    made = Project(project.root / "made")
    made.generate(rows=SEVERAL_PARTS)
    part = project.lake_path / made.part_files()[1].relative_to(made.lake_path)
    (part / "a folder in the way").mkdir(parents=True)
    with pytest.raises(DatasetError, match="part-0001"):
        project.batches().save(small_batch(NOON, SEVERAL_PARTS))
    assert project.batches().load() == {}
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


def test_a_correction_is_a_further_revision_beside_the_one_that_it_corrects(project):
    project.generate()
    before = project.digests()
    with listening() as results:
        project.batches().save(small_batch(NOON, 90, seed=8, revision=2))
        project.batches().save(small_batch(NOON, 90, seed=8, revision=2))
    assert [type(result) for result in results] == [Committed, AlreadyCommitted]
    assert before.items() < project.digests().items()
    assert project.files().manifest.volume.rows == 90


def test_a_revision_corrects_a_committed_one(project):
    with pytest.raises(DatasetError, match="revision 1 is not in the lake"):
        project.batches().save(small_batch(revision=2))


def test_a_committed_revision_is_never_overwritten_by_other_settings(project):
    project.generate()
    project.batches().save(small_batch(seed=8, revision=2))
    with pytest.raises(BatchConflict, match="seed was 7, now 9.* ask for revision 3 of it"):
        project.batches().save(small_batch(seed=9))


def test_a_table_without_a_batch_column_takes_no_batches(project):
    with pytest.raises(DatasetError, match="load_ledger has no batch_column"):
        project.lake_table("load_ledger", contract="txn_kedro.warehouse.ledger")


def test_what_is_no_lazy_batch_is_refused(project):
    with pytest.raises(DatasetError, match="takes a txn_kedro.lake.LazyBatch .*, got a str"):
        project.batches().save({"a batch": small_batch()})


def test_several_batches_are_each_committed_by_themselves(project):
    batches = [small_batch(f"2026-11-{day}", rows=day) for day in (21, 22)]
    with listening() as results:
        project.batches().save(batches)
    assert [result.volume.rows for result in results] == [21, 22]
    assert list(project.batches().load()) == [batch.batch_id for batch in batches]


@pytest.mark.parametrize(
    ("batch", "problem"),
    [
        (LazyBatch("a_b", [list]), "is not a batch id"),
        (LazyBatch("1", []), "has no parts"),
        (LazyBatch("1", [list], {"at": object()}), "its manifest cannot hold its settings"),
        (LazyBatch("1", [list], {"share": float("nan")}), "its manifest cannot hold its settings"),
    ],
)
def test_a_batch_that_no_lake_can_have_is_refused(project, batch, problem):
    with pytest.raises(DatasetError, match=problem):
        project.batches().save(batch)
    assert not project.lake_path.exists()


def orders(project, **arguments):
    columns = [
        {"name": "order_id", "type": "BIGINT"},
        {"name": "customer", "type": "VARCHAR(5)", "nullable": True},
        {"name": "batch_id", "type": "VARCHAR(16)", "repeats": True},
    ]
    contract = {"columns": columns, "batch_column": "batch_id"}
    return project.lake_table("orders", contract=contract, **arguments)


def save(dataset, rows: pa.Table) -> None:
    dataset.save(LazyBatch("20261122", [lambda: [rows]]))


def test_rows_get_the_types_of_the_contract_and_columns_that_can_be_told(project):
    dataset = orders(project)
    save(dataset, pa.table({"order_id": pa.array([1, 2], pa.int8())}))
    rows = dataset.load()["20261122"].read()
    assert rows.schema.equals(dataset.table.arrow_schema)
    assert rows.to_pylist() == [
        {"order_id": 1, "customer": None, "batch_id": "20261122"},
        {"order_id": 2, "customer": None, "batch_id": "20261122"},
    ]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ({"customer": ["a"]}, "the column order_id is missing, expected BIGINT"),
        ({"order_id": [1], "price": [2]}, "the contract has no column price"),
        ({"order_id": [None]}, "1 rows have NULL in the column order_id"),
        ({"order_id": ["x"]}, "the column order_id is string and cannot be made BIGINT"),
        ({"order_id": [1.5]}, "the column order_id is double and cannot be made BIGINT"),
        ({"order_id": [1], "customer": ["Zürich"]}, "has a text of 7 bytes, expected at most 5"),
        ({"order_id": [1], "batch_id": ["20261123"]}, "rows have the batch_id 20261123, expected"),
    ],
)
def test_rows_that_do_not_keep_the_contract_are_refused_and_nothing_is_committed(
    project, rows, problem
):
    dataset = orders(project)
    with pytest.raises(DatasetError, match=f"Batch 20261122 of orders: .*{problem}"):
        save(dataset, pa.table(rows))
    assert dataset.load() == {}
    assert not list(project.lake_path.rglob("*.parquet"))


def test_a_column_that_is_there_twice_is_refused(project):
    with pytest.raises(DatasetError, match="the column order_id is there twice"):
        save(orders(project), pa.table([[1], [2]], names=["order_id", "order_id"]))
