"""Each batch exactly once, whatever is killed and whoever else is at work."""

import pytest

from tests.campaigns import amount
from tests.forking import run_program

pytestmark = [pytest.mark.slow, pytest.mark.campaign]


def run(folder, scenario: str, *numbers: int) -> int:
    return int(run_program("tests.crashes", folder, scenario, *numbers))


def test_a_loader_killed_between_any_two_lines_is_made_good_by_the_next(tmp_path):
    assert run(tmp_path, "load") >= amount(3, 150)


def test_a_loader_killed_at_any_moment_is_made_good_by_the_next(tmp_path):
    # How many loads end before their moment depends on how busy the machine is.
    times = amount(4, 60)
    assert run(tmp_path, "moments", times) >= times / 4


def test_a_correction_killed_between_any_two_lines_is_done_whole_or_not_at_all(tmp_path):
    assert run(tmp_path, "correct") >= amount(2, 100)


def test_a_replacement_killed_at_any_moment_leaves_the_rows_of_one_revision(tmp_path):
    times = amount(4, 60)
    assert run(tmp_path, "correct-moments", times) >= times / 4


def test_a_generator_killed_between_any_two_lines_is_completed_to_the_same_bytes(tmp_path):
    assert run(tmp_path, "generate") >= amount(3, 100)


def test_two_generators_and_two_loaders_at_the_same_instant_do_everything_once(tmp_path):
    rounds = amount(3, 60)
    assert run(tmp_path, "race", rounds) == rounds


def test_of_generators_with_different_settings_one_commits_and_its_parts_stay(tmp_path):
    rounds = amount(2, 20)
    assert run(tmp_path, "compete", rounds) == rounds
