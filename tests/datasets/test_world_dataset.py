import pytest

from txn_kedro.datasets import WorldDataset
from txn_kedro.datasets.errors import FilesRefused
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.world import build_world


@pytest.fixture
def dataset(project) -> WorldDataset:
    return WorldDataset(filepath=str(project.lake_path))


def test_a_recipe_is_saved_as_its_world(dataset):
    assert not dataset.exists()
    dataset.save(SMALL_WORLD)
    assert dataset.exists()
    world = dataset.load()[SMALL_WORLD.fingerprint]()
    made = build_world(SMALL_WORLD)
    for name, table in world.tables.items():
        assert table.to_pylist() == made.tables[name].to_pylist()


def test_a_world_that_is_there_is_not_made_again(dataset, project, monkeypatch):
    dataset.save(SMALL_WORLD)
    before = project.digests()
    monkeypatch.setattr("txn_kedro.datasets.world_dataset.build_world", None)
    dataset.save(SMALL_WORLD)
    assert project.digests() == before


@pytest.mark.parametrize("lost", ["customers.json", "cards.parquet", "merchants.json"])
def test_a_world_that_is_there_in_part_is_completed_to_the_same_bytes(dataset, project, lost):
    dataset.save(SMALL_WORLD)
    before = project.digests()
    folder = project.lake_path / "world" / SMALL_WORLD.fingerprint
    (folder / lost).unlink()
    (folder / lost).with_suffix(".json").unlink(missing_ok=True)
    dataset.save(SMALL_WORLD)
    assert project.digests() == before


def test_a_damaged_world_is_refused_with_the_remedy(dataset, project):
    dataset.save(SMALL_WORLD)
    file = project.lake_path / "world" / SMALL_WORLD.fingerprint / "cards.parquet"
    file.write_bytes(b"?" * file.stat().st_size)
    dataset.release()
    with pytest.raises(FilesRefused, match=r"table cards: its part .* was altered.*Delete"):
        dataset.load()[SMALL_WORLD.fingerprint]()


def test_it_describes_itself(dataset):
    assert "lake" in str(dataset)
