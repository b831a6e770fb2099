"""A lake that cannot be written: what, where, what stays, what to do."""

import errno

import aiohttp
import pytest

from txn_kedro.datasets.errors import LakeWriteFailed
from txn_kedro.datasets.lake.writing import writing
from txn_kedro.orchestration import is_transient

URL = "s3://bucket/lake/part-0000.parquet"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError("EntityTooLarge"), "EntityTooLarge"),
        (
            aiohttp.ClientPayloadError("Response payload is not completed"),
            "payload is not completed",
        ),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_error_names_the_file_and_says_what_stays(error, said):
    with pytest.raises(LakeWriteFailed) as failed, writing(URL):
        raise error
    told = str(failed.value)
    assert told.startswith(f"{URL} could not be written: ")
    assert said in told
    assert "What is committed stays" in told
    assert is_transient(failed.value)


@pytest.mark.parametrize("error", [FileExistsError(URL), ZeroDivisionError()])
def test_other_errors_stay_what_they_are(error):
    with pytest.raises(type(error)), writing(URL):
        raise error


def test_a_lake_that_may_not_be_written_is_named(project, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(
        LakeWriteFailed, match=r"customers.parquet could not be written: Disk quota"
    ):
        project.generate()
    assert not [path for path in project.lake_path.rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_created_is_named(project):
    project.lake_path.write_text("a file where the lake should be")
    with pytest.raises(
        LakeWriteFailed, match=r"lake/world/\w+ could not be written: Not a directory"
    ):
        project.generate()


def test_threads_that_the_system_refuses_are_told_with_the_remedy(project, monkeypatch):
    project.generate("2026-11-21")
    before = project.digests()

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor.submit", refuse)
    with pytest.raises(
        Exception, match="^Batch 20261122T120000Z: the system refused .*generation.workers=1"
    ):
        project.generate()
    assert project.digests() == before


def test_a_response_that_s3_cuts_off_is_an_error_of_ours(redshift, monkeypatch):
    redshift.generate()

    def cut(*_, **__):
        raise aiohttp.ClientPayloadError("Response payload is not completed")

    monkeypatch.setattr(redshift.s3, "pipe_file", cut)
    with pytest.raises(LakeWriteFailed, match=r"json could not be written: Response payload"):
        redshift.generate("2026-11-23")
    monkeypatch.undo()
    redshift.generate("2026-11-23")
    assert len(redshift.lake.batch_ids()) == 2
