from pathlib import Path

import pytest
from kedro.io import DatasetError

from txn_kedro.lake import open_lake


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/some/lake",
        "s3://bucket//some/lake",
        "s3://bucket/some//lake",
        "s3://bucket/some/lake/",
        "s3://bucket///some///lake///",
        "s3a://bucket/some/lake",
        "S3://bucket/some/lake",
    ],
)
def test_one_lake_has_one_url(url):
    assert open_lake(url).url("x") == "s3://bucket/some/lake/x"


def test_a_folder_is_absolute_and_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert open_lake("~/lake").url("") == str(tmp_path / "home/lake")
    assert open_lake("lake").url("") == str(Path(tmp_path) / "lake")
    assert open_lake("file:///data/lake").url("") == "/data/lake"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "it is empty"),
        (" ", "it is empty"),
        (None, "it is empty"),
        ("s3://", "it names no bucket"),
        ("s3:///lake", "it names no bucket"),
        ("s3:/bucket/lake", "two slashes after its colon"),
        ("s3://bucket/../lake", "a segment of it is . or .."),
        ("s3://bucket/./lake", "a segment of it is . or .."),
        ("s3://bucket/a\\b", "a backslash or a control character"),
        ("s3://bucket/a\nb", "a backslash or a control character"),
    ],
)
def test_what_names_no_lake_is_refused_with_an_example(path, problem):
    with pytest.raises(DatasetError, match=problem) as refused:
        open_lake(path)
    assert "such as s3://my-bucket/lake" in str(refused.value)
