"""``kedro tidy``: what it finds, what it removes, what it leaves alone."""

from datetime import timedelta

import pytest

from tests.redshift import BUCKET
from txn_kedro.tidying import Leftover, default_age, parse_age, tidy

NOW = timedelta()
PART = (
    "transactions/date=2026-01-05/transactions_20260105T060000Z_f00df00df00df00d_part-0000.parquet"
)
CARDS = "cards/cards_0123456789abcdef-0_f00df00df00df00d_part-0000.parquet"


def found(project, older_than=NOW, *, remove=False):
    return [leftover.url for leftover in tidy(project.lake, older_than, remove=remove)]


def leave(project, *paths):
    """What killed runs leave."""
    for path in paths:
        with project.lake.write(path) as file:
            file.write(b"PAR1")


@pytest.fixture(params=["folder", "s3"])
def lake_of(request):
    """A project with one committed batch, in a folder or on S3."""
    found = request.getfixturevalue("project" if request.param == "folder" else "redshift")
    found.generate()
    return found


def test_a_sound_lake_has_nothing_to_remove(lake_of):
    assert found(lake_of) == []


def test_whatever_no_manifest_commits_is_listed_then_removed(lake_of):
    paths = [CARDS, PART]
    leave(lake_of, *paths)
    urls = [lake_of.lake.url(path) for path in paths]
    assert found(lake_of) == urls
    assert found(lake_of, remove=True) == urls
    assert found(lake_of) == []
    assert lake_of.load().load().count() == 100


def test_what_is_younger_stays(lake_of):
    leave(lake_of, PART)
    assert found(lake_of, timedelta(hours=1), remove=True) == []
    assert lake_of.lake.exists(PART)


def test_in_a_folder_what_a_run_is_writing_stays(project):
    leave(project, PART)
    with project.lake.exclusively("transactions/date=2026-01-05"):
        assert found(project, remove=True) == []
    assert found(project) != []


def test_unfinished_uploads_are_aborted_but_those_of_other_lakes_are_not(redshift):
    begin = "create_multipart_upload"
    neighbour = f"{redshift.prefix}-2".partition("/")[2]
    for prefix in (redshift.prefix.partition("/")[2], neighbour):
        redshift.s3.call_s3(begin, Bucket=BUCKET, Key=f"{prefix}/{PART}")
    assert found(redshift, remove=True) == [redshift.lake.url(PART)]
    assert found(redshift) == []
    uploads = redshift.s3.call_s3("list_multipart_uploads", Bucket=BUCKET, Prefix=f"{neighbour}/")
    assert len(uploads["Uploads"]) == 1


def test_on_s3_a_run_may_be_paused_for_days(project, redshift):
    assert default_age(project.lake) == NOW
    assert default_age(redshift.lake) == timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "age"),
    [("7d", timedelta(days=7)), ("30m", timedelta(minutes=30)), ("0s", timedelta())],
)
def test_ages_have_a_unit(text, age):
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["7", "d", "-1d", "1.5h", "7 d", "7w"])
def test_other_ages_are_refused(text):
    with pytest.raises(ValueError, match="such as 7d or 12h"):
        parse_age(text)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=4), "4 s old"),
        (timedelta(minutes=1), "1 minute old"),
        (timedelta(hours=30), "1 day old"),
        (timedelta(days=9), "9 days old"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age, told):
    assert told in str(Leftover("s3://b/k", "file", age))


def test_the_command_lists_first_and_removes_when_told_to(copy):
    assert copy.kedro("tidy").stdout == "Nothing to remove.\n"
    leave(copy, PART)
    listed = copy.kedro("tidy")
    assert (listed.returncode, PART in listed.stdout) == (0, True)
    assert "1 found. The same command with --yes removes them." in listed.stdout
    assert "Nothing to remove." in copy.kedro("tidy", "--older-than", "1h", "--yes").stdout
    assert "1 removed." in copy.kedro("tidy", "--yes").stdout
    assert not (copy.lake_path / PART).exists()
    wrong = copy.kedro("tidy", "--older-than", "soon")
    assert wrong.returncode == 2
    assert "expected a number with s, m, h or d, such as 7d or 12h, got 'soon'" in wrong.stderr
