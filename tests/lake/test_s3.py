"""The lake on S3: s3fs against a server that speaks S3."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from kedro.io import DatasetError
from moto.server import ThreadedMotoServer

from tests.conftest import CONTRACTS, NOON, NOON_ID, small_batch
from txn_kedro.datasets import ParquetBatchDataset
from txn_kedro.lake import BatchName, Lake, open_lake
from txn_kedro.lake.errors import BatchConflict, FilesRefused, LakeUnavailable
from txn_kedro.results import AlreadyCommitted, Committed, listening
from txn_kedro.warehouse.errors import LoadFailed

LAKE = "s3://bucket/some/lake"
CREDENTIALS = {"key": "user", "secret": "canary"}
TRANSACTIONS = {"contract": CONTRACTS, "table_name": "transactions"}
BATCH = BatchName("transactions", NOON_ID)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint) -> Iterator[Any]:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id=CREDENTIALS["key"],
        aws_secret_access_key=CREDENTIALS["secret"],
    )
    client.create_bucket(
        Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    yield client
    for found in client.list_objects_v2(Bucket="bucket").get("Contents", []):
        client.delete_object(Bucket="bucket", Key=found["Key"])
    client.delete_bucket(Bucket="bucket")


@pytest.fixture
def arguments(endpoint, s3) -> dict[str, Any]:
    return {"credentials": CREDENTIALS, "fs_args": {"endpoint_url": endpoint}}


@pytest.fixture
def lake(arguments) -> Lake:
    return open_lake(LAKE, **arguments)


@pytest.fixture
def batches(arguments) -> ParquetBatchDataset:
    return ParquetBatchDataset(filepath=LAKE, **TRANSACTIONS, **arguments)


def test_a_batch_is_saved_listed_and_loaded(batches, arguments):
    batches.save(small_batch(NOON, 500))
    files = ParquetBatchDataset(filepath=LAKE, **TRANSACTIONS, **arguments).load()[NOON_ID]()
    files.check()
    assert files.manifest.entries[0].url.startswith(f"{LAKE}/transactions/date=2026-11-22/")
    assert files.manifest.parts[0].etag
    assert batches.load()[NOON_ID].rows().count_rows() == 500


def test_a_committed_batch_is_not_written_again(batches, arguments):
    batches.save(small_batch(NOON, 500))
    again = ParquetBatchDataset(filepath=LAKE, **TRANSACTIONS, **arguments)
    with listening() as results:
        again.save(small_batch(NOON, 500))
    assert [type(result) for result in results] == [AlreadyCommitted]
    with pytest.raises(BatchConflict, match="seed was 7, now 8"):
        again.save(small_batch(NOON, 500, seed=8))


def test_of_two_runs_at_once_the_second_finds_the_batch_committed(batches, arguments):
    other = ParquetBatchDataset(filepath=LAKE, **TRANSACTIONS, **arguments)
    batch = small_batch(NOON, 500)

    def rows_while_the_other_commits():
        other.save(batch)
        return batch.parts[0]()

    with listening() as results:
        batches.save(replace(batch, parts=[rows_while_the_other_commits]))
    assert [type(result) for result in results] == [Committed, AlreadyCommitted]


def test_of_two_runs_with_other_settings_one_commits_and_no_part_of_it_is_touched(
    batches, arguments, lake
):
    other = ParquetBatchDataset(filepath=LAKE, **TRANSACTIONS, **arguments)
    batch = small_batch(NOON, 500)

    def rows_while_the_other_commits():
        other.save(small_batch(NOON, 500, seed=8))
        return batch.parts[0]()

    with pytest.raises(BatchConflict, match="seed was 8, now 7"):
        batches.save(replace(batch, parts=[rows_while_the_other_commits]))
    lake.batch(BATCH).check()
    assert lake.batch(BATCH).manifest.configuration["seed"] == 8


def test_the_parts_are_the_same_bytes_as_in_a_folder(batches, lake, project):
    batches.save(small_batch(NOON, 500))
    project.generate(NOON, 500)
    in_folder = project.files().manifest.parts
    on_s3 = lake.batch(BATCH).manifest.parts
    assert [part.sha256 for part in on_s3] == [part.sha256 for part in in_folder]


def test_an_exclusive_file_is_never_overwritten(lake):
    lake.create("m.json", b"first")
    with pytest.raises(FileExistsError):
        lake.create("m.json", b"second")
    assert lake.read("m.json") == b"first"


def test_a_bucket_that_is_not_there_is_named(arguments):
    absent = open_lake("s3://no-such-bucket/lake", **arguments)
    with pytest.raises(DatasetError, match="The lake's bucket no-such-bucket does not exist"):
        absent.create("m.json", b"{}")


def test_a_file_whose_writer_fails_does_not_appear(lake):
    with pytest.raises(RuntimeError), lake.write("b.bin") as file:
        file.write(b"half")
        raise RuntimeError
    assert not lake.exists("b.bin")


def test_a_missing_part_is_named(batches, lake, s3):
    batches.save(small_batch(NOON, 500))
    files = lake.batch(BATCH)
    s3.delete_object(Bucket="bucket", Key=files.paths[0].removeprefix("bucket/"))
    with pytest.raises(FilesRefused, match="part-0000.parquet is missing"):
        files.check()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content[:-1], "bytes, its manifest promises"),
        (lambda content: content[:-1] + b"?", "was altered: its ETag is not the manifest's"),
    ],
)
def test_another_part_is_told_by_its_head(batches, lake, s3, change, problem):
    batches.save(small_batch(NOON, 500))
    files = lake.batch(BATCH)
    key = files.paths[0].removeprefix("bucket/")
    content = s3.get_object(Bucket="bucket", Key=key)["Body"].read()
    s3.put_object(Bucket="bucket", Key=key, Body=change(content))
    with pytest.raises(FilesRefused, match=problem):
        files.check()


def test_a_manifest_cannot_point_out_of_the_lake(lake):
    with pytest.raises(ValueError, match="lies outside the lake"):
        lake.path_of_entry("s3://bucket/some/lakeside/part")


def test_the_embedded_warehouse_says_that_it_loads_from_folders_only(batches, arguments, project):
    batches.save(small_batch(NOON, 500))
    pending = ParquetBatchDataset(filepath=LAKE, **TRANSACTIONS, **arguments).load()
    with pytest.raises(LoadFailed, match="loads from a folder only, it is in ObjectLake"):
        project.table("transactions").save(pending)


def test_secrets_are_not_shown(batches):
    assert "canary" not in str(batches) + repr(batches) + repr(batches.lake)


def test_a_url_with_empty_segments_is_the_same_lake(arguments, lake):
    url = "s3://bucket//some///lake/"
    ParquetBatchDataset(filepath=url, **TRANSACTIONS, **arguments).save(small_batch(NOON, 100))
    lake.batch(BATCH).check()


def test_the_identity_is_that_of_the_process(monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://{host}:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        lake = open_lake("s3://bucket/lake", {"client_kwargs": {"region_name": "eu-central-1"}})
        assert lake.signs_as_process
        assert lake.identity() == "arn:aws:sts::123456789012:user/moto"
    finally:
        server.stop()


def test_without_credentials_the_identity_is_an_error_with_a_remedy(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    lake = open_lake("s3://bucket/lake", {"client_kwargs": {"region_name": "eu-central-1"}})
    with pytest.raises(LakeUnavailable, match=r"Unable to locate credentials\. Check its URL and"):
        lake.identity()


@pytest.mark.parametrize("own", [{"key": "k", "secret": "s"}, {"endpoint_url": "http://x"}])
def test_a_lake_with_credentials_of_its_own_does_not_sign_as_the_process(own):
    assert not open_lake("s3://bucket/lake", own).signs_as_process
