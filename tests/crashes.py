"""Kills generators and loaders between any two of their lines, and runs many at once.

A program of its own, since children are forked: it must have started no threads, as pytest has.

    python -m tests.crashes FOLDER load|generate|correct
    python -m tests.crashes FOLDER moments|correct-moments|race|compete TIMES

The variable TXN_TEST_SEED draws lines and moments; with TXN_TEST_LONG, it is every line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.campaigns import amount, draw, every
from tests.conftest import NOON, NOON_ID, Project, small_batch
from tests.forking import KILLED, killed_at_line, spawn, wait

LOADER = (
    "warehouse/loader.py",
    "warehouse/protocol.py",
    "warehouse/steps.py",
    "warehouse/duckdb_warehouse.py",
    "lake/exclusive.py",
    "lake/base.py",
    "lake/folder.py",
)
WRITER = (
    "lake/commit.py",
    "lake/parquet.py",
    "lake/exclusive.py",
    "lake/base.py",
    "lake/folder.py",
)
BATCHES = {"20261121T000000Z": 150, "20261122T000000Z": 250}


def generate_all(project: Project) -> None:
    for batch_id, rows in BATCHES.items():
        project.generate(f"{batch_id[:4]}-{batch_id[4:6]}-{batch_id[6:8]}", rows=rows)


def in_child(action: Callable[[], object]) -> int:
    return wait(spawn(action))


def assert_rows(project: Project, rows: dict[str, int]) -> None:
    assert project.in_table() == project.in_ledger() == rows


def kill_loads(folder: Path) -> int:
    """Kill a load at lines of its course, then load again. The number of kills."""
    lake = Project(folder / "made")
    assert in_child(partial(generate_all, lake)) == 0
    for kills, number in enumerate(every(100, 1)):
        project = Project(folder / f"kill-{number}")
        shutil.copytree(lake.root, project.root)
        end = in_child(partial(killed_at_line, number, LOADER, project.load))
        assert in_child(project.load) == 0
        assert in_child(partial(assert_rows, project, BATCHES)) == 0
        shutil.rmtree(project.root)
        if end != KILLED:
            assert end == 0
            return kills
    msg = "the load has no end"
    raise AssertionError(msg)


CORRECTED = {"20261121T000000Z": 150, "20261122T000000Z": 90}
WITHDRAWN = {"20261121T000000Z": 150}


def correct(project: Project) -> None:
    """Put a further revision of the second batch in its place."""
    loader = project.table("transactions").loader
    loader.replace(project.files("20261122T000000Z"))


def withdraw(project: Project) -> None:
    """Take the second batch out."""
    project.table("transactions").loader.withdraw("20261122T000000Z")


def prepare_correction(project: Project) -> None:
    generate_all(project)
    project.load()
    project.batches().save(small_batch("2026-11-22", rows=90, revision=2))


def assert_one_of(project: Project, states: tuple[dict[str, int], ...]) -> None:
    assert project.in_table() == project.in_ledger()
    assert project.in_table() in states


def kill_corrections(folder: Path) -> int:
    """Kill a replacement and a withdrawal at lines of their course. The number of kills."""
    made, kills = Project(folder / "made"), 0
    assert in_child(partial(prepare_correction, made)) == 0
    for name, action, new in (
        ("replace", correct, CORRECTED),
        ("withdraw", withdraw, WITHDRAWN),
    ):
        for number in every(60, 1):
            project = Project(folder / f"{name}-{number}")
            shutil.copytree(made.root, project.root)
            end = in_child(partial(killed_at_line, number, LOADER, partial(action, project)))
            assert in_child(partial(assert_one_of, project, (BATCHES, new))) == 0
            assert in_child(partial(action, project)) == 0
            assert in_child(partial(assert_rows, project, new)) == 0
            shutil.rmtree(project.root)
            if end != KILLED:
                assert end == 0
                break
            kills += 1
    return kills


def kill_loads_at_moments(folder: Path, moments: int) -> int:
    """Kill a load at random moments of its course, inside DuckDB too. The number of kills."""
    made, rows = Project(folder / "made"), amount(100_000, 300_000)
    assert in_child(partial(made.generate, NOON, rows=rows)) == 0
    whole = {NOON_ID: rows}
    return kill_at_moments(folder, made, lambda project: project.load(), ({}, whole), moments)


def kill_corrections_at_moments(folder: Path, moments: int) -> int:
    """Kill a replacement at random moments of its course. The number of kills."""
    made, rows = Project(folder / "made"), amount(100_000, 300_000)

    def prepare() -> None:
        made.generate(NOON, rows=rows)
        made.load()
        made.batches().save(small_batch(NOON, rows=rows - 1000, revision=2))

    def replace(project: Project) -> None:
        project.table("transactions").loader.replace(project.files())

    assert in_child(prepare) == 0
    states = ({NOON_ID: rows}, {NOON_ID: rows - 1000})
    return kill_at_moments(folder, made, replace, states, moments)


def kill_at_moments(
    folder: Path,
    made: Project,
    action: Callable[[Project], object],
    states: tuple[dict[str, int], dict[str, int]],
    moments: int,
) -> int:
    """Kill an action at random moments of its course, in copies of what was made.

    Right after, the warehouse must be as before or as it is to be; once the action is repeated, as
    it is to be.
    """
    first = Project(folder / "first")
    shutil.copytree(made.root, first.root)
    begin = time.monotonic()
    assert in_child(partial(action, first)) == 0
    course = time.monotonic() - begin
    drawn, kills = draw(), 0
    for moment in range(moments):
        project = Project(folder / f"moment-{moment}")
        shutil.copytree(made.root, project.root)
        child = spawn(partial(action, project))
        time.sleep(drawn.uniform(0, course))
        os.kill(child, signal.SIGKILL)
        if wait(child) == KILLED:
            kills += 1
        else:  # the machine is less busy than it was
            course /= 2
        assert in_child(partial(assert_one_of, project, states)) == 0
        assert in_child(partial(action, project)) == 0
        assert in_child(partial(assert_rows, project, states[1])) == 0
        shutil.rmtree(project.root)
    return kills


def compete(folder: Path, rounds: int) -> int:
    """Start generators of one execution time with different settings at once."""
    for number in range(rounds):
        project = Project(folder / f"compete-{number}")
        actions = [partial(project.generate, NOON, 50_000 + seed, seed=seed) for seed in (1, 2)]
        ends = [wait(child) for child in [spawn(action) for action in actions]]
        assert sorted(ends) == [0, 1], ends
        assert in_child(project.load) == 0
        shutil.rmtree(project.root)
    return rounds


def write(project: Project) -> None:
    project.generate(NOON, rows=300_000, workers=2)


def kill_generations(folder: Path) -> int:
    """Kill a generation at lines of its course, then run it again. The number of kills."""
    whole, made = Project(folder / "whole"), folder / "digests.json"
    assert in_child(lambda: (write(whole), made.write_text(json.dumps(whole.digests())))) == 0
    expected = json.loads(made.read_text())
    for kills, number in enumerate(every(150, 5)):
        project = Project(folder / f"kill-{number}")
        shutil.copytree(whole.lake_path, project.lake_path, ignore=_of_transactions)
        end = in_child(partial(killed_at_line, number, WRITER, partial(write, project)))
        assert in_child(partial(write, project)) == 0
        assert project.digests() == expected, number
        shutil.rmtree(project.root)
        if end != KILLED:
            assert end == 0
            return kills
    msg = "the generation has no end"
    raise AssertionError(msg)


def _of_transactions(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith("transactions")]


def race(folder: Path, rounds: int) -> int:
    """Start two generators and two loaders of the same batches at the same instant."""
    for number in range(rounds):
        project = Project(folder / f"race-{number}")
        action = partial(generate_all, project)
        assert [wait(child) for child in [spawn(action), spawn(action)]] == [0, 0]
        children = [spawn(project.load), spawn(project.load)]
        assert [wait(child) for child in children] == [0, 0]
        assert in_child(partial(assert_rows, project, BATCHES)) == 0
        shutil.rmtree(project.root)
    return rounds


def main(folder: str, scenario: str, *numbers: str) -> None:
    """Run a scenario and print how often it happened."""
    scenarios = {
        "load": kill_loads,
        "moments": kill_loads_at_moments,
        "generate": kill_generations,
        "correct": kill_corrections,
        "correct-moments": kill_corrections_at_moments,
        "compete": compete,
        "race": race,
    }
    print(scenarios[scenario](Path(folder), *map(int, numbers)))  # noqa: T201  that is its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
