"""What killed runs leave, and which of it a run in a folder removes."""

import pytest

from tests.conftest import NOON_ID
from txn_kedro.lake.leftovers import leftovers

FOLDERS = ("date=2026-11-20", "date=2026-11-21", "date=2026-11-22")


@pytest.fixture
def killed(project):
    """What runs leave that are killed before their manifests; one while it wrote its own."""
    left = []
    for day in FOLDERS:
        folder = project.lake_path / "transactions" / day
        batch_id = f"{day[5:].replace('-', '')}T060000Z"
        folder.mkdir(parents=True)
        part = f"transactions_{batch_id}_0123456789abcdef_part-0000.parquet"
        left += [folder / part, folder / f".{part}.0123abcd.tmp"]
    manifests = project.lake_path / "manifests"
    manifests.mkdir()
    left.append(manifests / f".transactions_{batch_id}.json.0123abcd.tmp")
    for path in left:
        path.touch()
    return left


def test_a_run_removes_what_killed_runs_have_left(project, killed):
    project.generate()
    assert not [path for path in killed if path.exists()]
    assert list(project.batches().load()) == [NOON_ID]
    assert project.load().load().count() == 100


def test_it_looks_at_the_newest_dates_only(project, killed):
    project.generate("2026-11-23")
    assert [path.parent.name for path in killed if path.exists()] == ["date=2026-11-20"] * 2


def test_what_another_run_is_writing_stays(project, killed):
    with project.lake.exclusively("transactions/date=2026-11-21"):
        project.generate()
    assert [path.parent.name for path in killed if path.exists()] == ["date=2026-11-21"] * 2


def test_committed_parts_and_strange_files_stay(project):
    project.generate("2026-11-22T06:00:00Z")
    strange = project.part_files()[0].with_name("notes.parquet")
    strange.touch()
    before = project.digests()
    project.generate()
    assert before.items() <= project.digests().items()


def test_parts_that_another_run_has_left_beside_a_committed_batch_are_removed(project):
    project.generate()
    before = project.digests()
    (part,) = project.part_files()
    foreign = part.with_name(part.name.replace(part.name.split("_")[2], "0123456789abcdef"))
    foreign.write_bytes(part.read_bytes())
    assert leftovers(project.lake, "transactions/date=2026-11-22") == [
        str(foreign.relative_to(project.lake_path))
    ]
    project.generate()
    assert project.digests() == before


def test_parts_of_a_batch_whose_manifest_is_broken_stay(project):
    project.generate()
    project.manifest_file().write_text("{")
    assert leftovers(project.lake, "transactions/date=2026-11-22") == []


def test_a_run_that_fails_leaves_nothing_of_its_batch(project, monkeypatch):
    project.generate("2026-11-21")
    before = project.digests()

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(project.lake), "create", refuse)
    with pytest.raises(Exception, match="No space left"):
        project.generate()
    assert project.digests() == before


def test_nothing_is_removed_if_the_manifests_cannot_be_listed(project, killed, monkeypatch):
    names = type(project.lake).names

    def listed(lake, folder):
        if folder == "manifests":
            raise PermissionError(folder)
        return names(lake, folder)

    monkeypatch.setattr(type(project.lake), "names", listed)
    with pytest.raises(PermissionError):
        leftovers(project.lake, "transactions/date=2026-11-22")
