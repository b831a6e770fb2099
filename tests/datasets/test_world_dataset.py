import pytest
from kedro.io import DatasetError

from txn_kedro.datasets import WorldDataset
from txn_kedro.lake.errors import FilesRefused
from txn_kedro.synthesis.examples import SMALL_WORLD
from txn_kedro.synthesis.tables import CUSTOMERS
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


@pytest.mark.parametrize("file", ["customers.json", "cards.parquet", "merchants.parquet"])
@pytest.mark.parametrize("damage", [None, b"", b"half"])
def test_a_world_that_is_damaged_is_mended_to_the_same_bytes(dataset, project, file, damage):
    dataset.save(SMALL_WORLD)
    before = project.digests()
    path = project.lake_path / "world" / SMALL_WORLD.fingerprint / file
    path.unlink() if damage is None else path.write_bytes(damage)
    path.with_name(f".{path.name}.12345678.tmp").write_bytes(b"left by a killed run")
    dataset.save(SMALL_WORLD)
    assert project.digests() == before


def test_a_damaged_world_is_not_read(dataset, project):
    dataset.save(SMALL_WORLD)
    file = project.lake_path / "world" / SMALL_WORLD.fingerprint / "cards.parquet"
    file.write_bytes(b"?" * file.stat().st_size)
    with pytest.raises(FilesRefused, match=r"table cards: its part .* was altered.*To repair it"):
        dataset.load()[SMALL_WORLD.fingerprint]()


def test_it_describes_itself(dataset):
    assert "lake" in str(dataset)


def test_the_preview_is_the_first_customers(dataset):
    with pytest.raises(DatasetError, match="has no world yet. Make one: kedro run"):
        dataset.preview()
    dataset.save(SMALL_WORLD)
    preview = dataset.preview(nrows=3)
    assert preview["columns"] == CUSTOMERS.column_names
    assert len(preview["data"]) == 3
