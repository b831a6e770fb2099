"""What is in a lake, in whichever store: its id, its batches, their revisions."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from kedro.io import DatasetError

from tests.conftest import NOON, NOON_ID, small_batch
from txn_kedro.lake import open_lake
from txn_kedro.synthesis.tables import CUSTOMERS, TRANSACTIONS


def test_a_lake_gets_its_id_with_its_first_batch_and_keeps_it_when_it_moves(project):
    project.generate()
    lake_id = project.lake.lake_id()
    assert json.loads((project.lake_path / "lake.json").read_text()) == {"lake_id": lake_id}
    moved = project.root / "moved"
    project.lake_path.rename(moved)
    assert open_lake(str(moved)).lake_id() == lake_id


def test_of_many_that_make_a_lake_at_once_all_see_one_id(project):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: project.lake.lake_id(), range(8)))
    assert len(found) == 1


def test_two_lakes_have_two_ids(tmp_path):
    one, other = (open_lake(str(tmp_path / name)).lake_id() for name in ("one", "other"))
    assert one != other


@pytest.mark.parametrize("content", ["", "{", "[]", '{"lake_id": 3}', '{"lake_id": "a/b"}'])
def test_a_broken_lake_file_is_refused_with_what_to_put_back(project, content):
    project.generate()
    (project.lake_path / "lake.json").write_text(content)
    with pytest.raises(DatasetError, match="lake.json is broken.* Put back the id that the ware"):
        project.batches().load()


def test_a_lake_that_is_not_there_is_empty_and_is_not_made(project):
    assert project.lake.batches(TRANSACTIONS) == []
    assert not project.lake_path.exists()


def test_each_table_has_batches_of_its_own(project):
    world = project.generate_world()
    project.generate()
    assert [batch.name.batch_id for batch in project.lake.batches(TRANSACTIONS)] == [NOON_ID]
    assert [batch.name.batch_id for batch in project.lake.batches(CUSTOMERS)] == [world]


def test_only_manifests_count(project):
    project.generate("2026-11-22T12:00:00Z")
    project.generate("2026-11-21T12:00:00Z")
    folder = project.lake_path / "manifests"
    for name in (".DS_Store", "notes.json", "transactions_.json", "transactions_a_b.json"):
        (folder / name).write_text("?")
    assert list(project.batches().load()) == ["20261121T120000Z", "20261122T120000Z"]


def test_of_several_revisions_the_newest_is_the_batch(project):
    project.generate(rows=100)
    project.batches().save(small_batch(NOON, 90, revision=2))
    (reference,) = project.lake.batches(TRANSACTIONS)
    assert reference.name.revision == 2
    assert reference().manifest.volume.rows == 90
    assert reference.rows().count_rows() == 90


def test_rows_are_read_only_if_they_are_those_of_the_manifest(project):
    project.generate()
    (reference,) = project.lake.batches(TRANSACTIONS)
    assert reference.read().schema.equals(TRANSACTIONS.arrow_schema)
    (part,) = project.part_files()
    part.write_bytes(b"?" * part.stat().st_size)
    with pytest.raises(DatasetError, match="was altered.* To repair it, run: kedro run"):
        reference.read()
