import errno
import fcntl
import os

import pytest
from kedro.io import DatasetError

from txn_kedro.lake.exclusive import locked, publish


def test_a_draft_takes_its_final_name(tmp_path):
    draft, final = tmp_path / "draft", tmp_path / "final"
    draft.write_text("new")
    publish(draft, final, lock=tmp_path)
    assert final.read_text() == "new"
    assert not draft.exists()


def test_a_file_of_that_name_is_never_replaced(tmp_path):
    draft, final = tmp_path / "draft", tmp_path / "final"
    draft.write_text("new")
    final.write_text("old")
    with pytest.raises(FileExistsError):
        publish(draft, final, lock=tmp_path)
    assert final.read_text() == "old"


def test_a_lock_is_free_again_after_its_block(tmp_path):
    with locked(tmp_path / "folder"):
        pass
    handle = os.open(tmp_path / "folder", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)


def test_a_filesystem_without_locks_is_named_with_the_way_out(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", refused)
    with (
        pytest.raises(DatasetError, match=r"cannot be locked .*local disk, or S3"),
        locked(tmp_path),
    ):
        pass
