import pytest
from kedro.io import DatasetError

from txn_kedro.datasets.errors import ManifestError


def test_batches_are_listed_in_time_order_and_read_when_asked(project):
    project.generate("2026-11-22")
    project.generate("2026-11-21")
    project.manifest_file("20261121T000000Z").write_text("{")
    batches = project.manifests().load()
    assert list(batches) == ["20261121T000000Z", "20261122T000000Z"]
    assert batches["20261122T000000Z"]().manifest.volume.rows == 100
    with pytest.raises(ManifestError):
        batches["20261121T000000Z"]()


def test_it_is_there_when_a_batch_is(project):
    dataset = project.manifests()
    assert not dataset.exists()
    project.generate()
    dataset.release()
    assert dataset.exists()


def test_it_is_read_only(project):
    with pytest.raises(DatasetError, match="read-only"):
        project.manifests().save({})


def test_it_describes_itself(project):
    assert "lake" in str(project.manifests())
