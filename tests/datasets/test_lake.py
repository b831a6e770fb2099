import json
from pathlib import Path

import pytest

from tests.conftest import NOON_ID
from txn_kedro.datasets.errors import FilesRefused, ManifestError
from txn_kedro.datasets.lake import open_lake
from txn_kedro.synthesis.schema import CUSTOMERS, TRANSACTIONS


@pytest.fixture
def lake(tmp_path):
    return open_lake(str(tmp_path / "lake"))


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_written_file_appears_whole(lake, tmp_path):
    with lake.write("a/b.bin") as file:
        file.write(b"half")
        assert files_in(tmp_path) != ["b.bin"]
        assert not lake.exists("a/b.bin")
    assert lake.read("a/b.bin") == b"half"
    assert files_in(tmp_path) == ["b.bin"]


def test_a_file_whose_writer_fails_does_not_appear_and_leaves_nothing(lake, tmp_path):
    with pytest.raises(RuntimeError), lake.write("b.bin") as file:
        file.write(b"half")
        raise RuntimeError
    assert files_in(tmp_path) == []


def test_an_exclusive_file_is_never_overwritten(lake, tmp_path):
    lake.create("m.json", b"first")
    with pytest.raises(FileExistsError):
        lake.create("m.json", b"second")
    assert lake.read("m.json") == b"first"
    assert files_in(tmp_path) == ["m.json"]


def test_drafts_of_killed_runs_are_discarded_and_no_other_files(lake, tmp_path):
    lake.create("a/part-0.parquet", b"whole")
    for name in (".part-0.parquet.1234.tmp", ".part-1.parquet.1234.tmp"):
        (tmp_path / "lake/a" / name).write_bytes(b"half")
    lake.discard_drafts("a/part-0.parquet")
    assert files_in(tmp_path) == [".part-1.parquet.1234.tmp", "part-0.parquet"]


def test_a_file_that_another_run_completed_and_swept_up_is_as_good_as_written(lake, tmp_path):
    with lake.write("a/part-0.parquet") as file:
        file.write(b"whole")
        lake.create("a/part-0.parquet", b"whole")
        lake.discard_drafts("a/part-0.parquet")
    assert lake.read("a/part-0.parquet") == b"whole"


def test_a_draft_that_vanishes_without_its_file_is_an_error(lake, tmp_path):
    with pytest.raises(FileNotFoundError), lake.write("a/part-0.parquet") as file:
        file.write(b"whole")
        lake.discard_drafts("a/part-0.parquet")


def test_a_file_is_removed_if_it_is_there(lake):
    lake.create("m.json", b"{}")
    lake.remove("m.json")
    lake.remove("m.json")
    assert not lake.exists("m.json")


def test_only_manifests_of_batches_count(project):
    project.generate("2026-11-22T12:00:00Z")
    project.generate("2026-11-21T12:00:00Z")
    folder = project.lake_path / "manifests"
    for name in (".DS_Store", "notes.json", "transactions_20261122.json", "transactions_x.json"):
        (folder / name).write_text("?")
    assert project.lake.batch_ids() == ["20261121T120000Z", "20261122T120000Z"]


def test_a_lake_that_is_not_there_is_empty(lake):
    assert lake.batch_ids() == []
    assert lake.worlds() == []


def test_sound_files_pass(project):
    project.generate()
    project.lake.batch(NOON_ID).check(TRANSACTIONS)


def refusal(project) -> str:
    with pytest.raises(FilesRefused) as refused:
        project.lake.batch(NOON_ID).check(TRANSACTIONS)
    return str(refused.value)


def test_a_missing_part_is_named_with_the_command_that_restores_it(project):
    project.generate()
    (part,) = project.part_files()
    part.unlink()
    message = refusal(project)
    assert f"Batch {NOON_ID}: its part {part} is missing" in message
    assert f"delete {project.manifest_file()}" in message
    assert "--params execution_time=2026-11-22T12:00:00Z" in message


def test_a_truncated_part_is_told_by_its_length(project):
    project.generate()
    (part,) = project.part_files()
    size = part.stat().st_size
    part.write_bytes(part.read_bytes()[:-1])
    assert f"has {size - 1:,} bytes, its manifest promises {size:,}" in refusal(project)


def test_an_altered_part_is_told_by_its_checksum(project):
    project.generate()
    (part,) = project.part_files()
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    assert "was altered: its SHA-256 is not the manifest's" in refusal(project)


def test_files_of_another_schema_are_refused(project):
    project.generate()
    with pytest.raises(FilesRefused, match="its columns have the fingerprint"):
        project.lake.batch(NOON_ID).check(CUSTOMERS)


def test_another_batchs_manifest_under_this_name_is_refused(project):
    project.generate()
    project.manifest_file("20261123T120000Z").write_bytes(project.manifest_file().read_bytes())
    with pytest.raises(ManifestError, match=f"it is of transactions {NOON_ID}, expected"):
        project.lake.batch("20261123T120000Z")


@pytest.mark.parametrize("url", ["../secret", "/etc/passwd", "s3://elsewhere/p", "a/../../p"])
def test_a_manifest_cannot_point_out_of_the_lake(project, url):
    project.generate()
    stored = json.loads(project.manifest_file().read_text())
    stored["entries"][0]["url"] = stored["parts"][0]["url"] = url
    project.manifest_file().write_text(json.dumps(stored))
    with pytest.raises(ManifestError, match="lies outside the lake"):
        project.lake.batch(NOON_ID).check(TRANSACTIONS)


def test_a_folder_can_be_moved(project):
    project.generate()
    moved = project.root / "moved"
    project.lake_path.rename(moved)
    open_lake(str(moved)).batch(NOON_ID).check(TRANSACTIONS)


def test_credentials_are_not_shown():
    lake = open_lake("s3://bucket/prefix", {"key": "K", "secret": "canary"})
    assert repr(lake) == "ObjectLake('s3://bucket/prefix')"
