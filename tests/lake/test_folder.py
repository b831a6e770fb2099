import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import NOON, NOON_ID
from tests.patience import wait_until
from txn_kedro.lake import BatchName, open_lake
from txn_kedro.lake.errors import FilesRefused, ManifestError


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


def test_a_folder_is_written_to_by_one_run_at_a_time(lake, caplog):
    caplog.set_level("INFO", logger="txn_kedro")
    order = []

    def other():
        with lake.exclusively("folder"):
            order.append("second")

    with ThreadPoolExecutor() as pool:
        with lake.exclusively("folder"):
            waiting = pool.submit(other)
            wait_until(lambda: "Waiting for another run" in caplog.text, 1)
            order.append("first")
        waiting.result()
    assert order == ["first", "second"]


def test_a_file_is_removed_if_it_is_there(lake):
    lake.create("m.json", b"{}")
    lake.remove("m.json")
    lake.remove("m.json")
    assert not lake.exists("m.json")


def test_sound_files_pass(project):
    project.generate()
    project.files().check()


def refusal(project) -> str:
    with pytest.raises(FilesRefused) as refused:
        project.files().check()
    return str(refused.value)


def test_a_missing_part_is_named_with_the_way_to_restore_it(project):
    project.generate()
    (part,) = project.part_files()
    part.unlink()
    message = refusal(project)
    assert f"Batch {NOON_ID} of transactions: its part {part} is missing" in message
    command = "kedro run --pipelines generation --params execution_time=20261122T120000Z,revision=1"
    assert f"To repair it, run: {command} with the settings that" in message
    assert str(project.manifest_file()) in message


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


def test_another_batchs_manifest_under_this_name_is_refused(project):
    project.generate()
    project.manifest_file("20261123T120000Z").write_bytes(project.manifest_file().read_bytes())
    with pytest.raises(ManifestError, match=f"it is of batch {NOON_ID} of transactions, expec"):
        project.files("20261123T120000Z")


def test_a_manifest_cannot_list_another_batchs_parts_or_one_twice(project):
    project.generate("2026-11-21")
    project.generate(NOON)
    mine, other = (
        json.loads(project.manifest_file(b).read_text()) for b in project.batches().load()
    )
    for false in (
        {**mine, "entries": other["entries"], "parts": other["parts"], "meta": other["meta"]},
        {
            **mine,
            "entries": mine["entries"] * 2,
            "parts": mine["parts"] * 2,
            "meta": {key: 2 * value for key, value in mine["meta"].items()},
        },
    ):
        project.manifest_file("20261121T000000Z").write_text(json.dumps(false))
        with pytest.raises(ManifestError, match="its entries are not the parts of batch 20261121"):
            project.files("20261121T000000Z")


def test_a_manifest_that_cannot_be_read_is_refused(project):
    project.generate()
    project.manifest_file().unlink()
    project.manifest_file().mkdir()
    with pytest.raises(FilesRefused, match="its manifest .* cannot be read"):
        project.files()


def test_a_part_that_cannot_be_read_is_refused(project, monkeypatch):
    project.generate()
    files = project.files()

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(files.lake), "fault_of_part", denied)
    with pytest.raises(FilesRefused, match="cannot be read .*Permission denied"):
        files.check()


@pytest.mark.parametrize("url", ["../secret", "/etc/passwd", "s3://elsewhere/p", "a/../../p"])
def test_a_manifest_cannot_point_out_of_the_lake(project, url):
    project.generate()
    stored = json.loads(project.manifest_file().read_text())
    stored["entries"][0]["url"] = stored["parts"][0]["url"] = url
    project.manifest_file().write_text(json.dumps(stored))
    with pytest.raises(ManifestError, match="lies outside the lake"):
        project.files().check()


def test_a_folder_can_be_moved(project):
    project.generate()
    moved = project.root / "moved"
    project.lake_path.rename(moved)
    open_lake(str(moved)).batch(BatchName("transactions", NOON_ID)).check()


def test_credentials_are_not_shown():
    lake = open_lake("s3://bucket/prefix", {"key": "K", "secret": "canary"})
    assert repr(lake) == "ObjectLake('s3://bucket/prefix')"
