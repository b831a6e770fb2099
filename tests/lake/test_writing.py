"""A lake that cannot be written: what, where, what stays, what to do."""

import errno
import socket
import threading
from contextlib import contextmanager, suppress

import aiohttp
import pytest

from txn_kedro.lake import open_lake
from txn_kedro.lake.errors import LakeUnavailable, LakeWriteFailed
from txn_kedro.lake.writing import writing
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
    with pytest.raises(LakeWriteFailed, match=r"lake.json could not be written: Disk quota"):
        project.generate()
    assert not [path for path in project.lake_path.rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_created_is_named(project):
    project.lake_path.write_text("a file where the lake should be")
    with pytest.raises(
        LakeWriteFailed, match=r"lake/lake.json could not be written: Not a directory"
    ):
        project.generate()


def test_threads_that_the_system_refuses_are_told_with_the_remedy(project, monkeypatch):
    project.generate("2026-11-21")
    before = project.digests()

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor.submit", refuse)
    with pytest.raises(
        Exception,
        match="^Batch 20261122T120000Z of transactions: the system refused .*generation.workers=1",
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
    assert len(redshift.batches().load()) == 2


@contextmanager
def silent_server():
    """Accepts connections, answers nothing, and closes them in the end.

    Yields:
        Its port, and the requests that it got.
    """
    requests, connections = [], []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hold():
            with suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])
                    requests.append(connections[-1].recv(65536))

        thread = threading.Thread(target=hold)
        thread.start()
        try:
            yield listener.getsockname()[1], requests
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in connections:
                connection.close()


def test_an_s3_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    with silent_server() as (port, requests):
        lake = open_lake(
            "s3://bucket/lake",
            {"key": "key", "secret": "secret", "endpoint_url": f"http://127.0.0.1:{port}"},
            {"config_kwargs": {"read_timeout": 0.2, "retries": {"max_attempts": 0}}},
        )
        with (
            pytest.raises(LakeWriteFailed, match=r"part could not be written: Read timeout"),
            lake.write("part") as file,
        ):
            file.write(b"rows")
        # Its client asks again whether the file is there, and learns no more.
        with pytest.raises(LakeUnavailable, match="Read timeout"):
            lake.create("manifest", b"{}")
    # The client waits without a timeout for the answer to this header.
    assert not [request for request in requests if b"100-continue" in request]
