"""Each batch exactly once, whatever is killed and whoever else is at work."""

import pytest

from tests.forking import run_program

pytestmark = pytest.mark.slow


def run(folder, scenario: str, number: int) -> int:
    return int(run_program("tests.crashes", folder, scenario, number))


def test_a_loader_killed_between_any_two_lines_is_made_good_by_the_next(tmp_path):
    assert run(tmp_path, "load", 13) > 15


def test_a_loader_killed_at_any_moment_is_made_good_by_the_next(tmp_path):
    # How many loads end before their moment depends on how busy the machine is.
    assert run(tmp_path, "moments", 20) > 5


def test_a_generator_killed_between_any_two_lines_is_completed_to_the_same_bytes(tmp_path):
    assert run(tmp_path, "generate", 37) > 15


def test_two_generators_and_two_loaders_at_the_same_instant_do_everything_once(tmp_path):
    assert run(tmp_path, "race", 20) == 20


def test_rows_that_outlive_the_commit_they_were_part_of_are_not_loaded_twice(tmp_path):
    assert run(tmp_path, "tear", 300_000) in {0, 300_000}  # 0 once DuckDB is mended


def test_of_generators_with_different_settings_one_commits_and_its_parts_stay(tmp_path):
    assert run(tmp_path, "compete", 5) == 5
