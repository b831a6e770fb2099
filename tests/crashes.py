"""Kills generators and loaders between any two of their lines, and runs many at once.

A program of its own, since children are forked: it must have started no threads, as pytest has.

    python -m tests.crashes FOLDER load|generate STEP
    python -m tests.crashes FOLDER moments|race TIMES
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

from tests.conftest import NOON, NOON_ID, Project
from tests.forking import KILLED, killed_at_line, spawn, wait

LOADER = ("datasets/loader.py", "datasets/duckdb_warehouse.py", "datasets/lake.py")
WRITER = ("datasets/parquet_batch_dataset.py", "datasets/parquet_files.py", "datasets/lake.py")
BATCHES = {"20261121T000000Z": 150, "20261122T000000Z": 250}


def generate_all(project: Project) -> None:
    for batch_id, rows in BATCHES.items():
        project.generate(f"{batch_id[:4]}-{batch_id[4:6]}-{batch_id[6:8]}", rows=rows)


def in_child(action: Callable[[], object]) -> int:
    return wait(spawn(action))


def assert_rows(project: Project, rows: dict[str, int]) -> None:
    assert project.in_table() == project.in_ledger() == rows


def kill_loads(folder: Path, step: int) -> int:
    """Kill a load at every ``step``-th line, then load again. The number of kills."""
    lake = Project(folder / "made")
    assert in_child(partial(generate_all, lake)) == 0
    for number in range(1, 10_000, step):
        project = Project(folder / f"kill-{number}")
        shutil.copytree(lake.root, project.root)
        end = in_child(partial(killed_at_line, number, LOADER, project.load))
        assert in_child(project.load) == 0
        assert in_child(partial(assert_rows, project, BATCHES)) == 0
        shutil.rmtree(project.root)
        if end != KILLED:
            assert end == 0
            return (number - 1) // step
    msg = "the load has no end"
    raise AssertionError(msg)


def kill_loads_at_moments(folder: Path, moments: int) -> int:
    """Kill a load at moments spread over its course, inside DuckDB too. The number of kills."""
    made = Project(folder / "made")
    assert in_child(partial(made.generate, NOON, rows=300_000)) == 0
    begin = time.monotonic()
    assert in_child(made.load) == 0
    course = time.monotonic() - begin
    kills = 0
    for moment in range(moments):
        project = Project(folder / f"moment-{moment}")
        shutil.copytree(made.lake_path, project.lake_path)
        child = spawn(project.load)
        time.sleep(course * moment / moments)
        os.kill(child, signal.SIGKILL)
        kills += wait(child) == KILLED
        assert in_child(project.load) == 0
        assert in_child(partial(assert_rows, project, {NOON_ID: 300_000})) == 0
        shutil.rmtree(project.root)
    return kills


def write(project: Project) -> None:
    project.generate(NOON, rows=300_000, workers=2)


def kill_generations(folder: Path, step: int) -> int:
    """Kill a generation at every ``step``-th line, then run it again. The number of kills."""
    whole, made = Project(folder / "whole"), folder / "digests.json"
    assert in_child(lambda: (write(whole), made.write_text(json.dumps(whole.digests())))) == 0
    expected = json.loads(made.read_text())
    for number in range(1, 10_000, step):
        project = Project(folder / f"kill-{number}")
        shutil.copytree(whole.lake_path / "world", project.lake_path / "world")
        end = in_child(partial(killed_at_line, number, WRITER, partial(write, project)))
        assert in_child(partial(write, project)) == 0
        assert project.digests() == expected, number
        shutil.rmtree(project.root)
        if end != KILLED:
            assert end == 0
            return (number - 1) // step
    msg = "the generation has no end"
    raise AssertionError(msg)


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


def main(folder: str, scenario: str, number: str) -> None:
    """Run a scenario and print how often it happened."""
    scenarios = {
        "load": kill_loads,
        "moments": kill_loads_at_moments,
        "generate": kill_generations,
        "race": race,
    }
    print(scenarios[scenario](Path(folder), int(number)))  # noqa: T201


if __name__ == "__main__":
    # Coverage would trace the same lines; it is not asked about children that are killed.
    os.environ.pop("COVERAGE_PROCESS_START", None)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main(*sys.argv[1:])
