"""Kills generators and loaders between any two of their lines, and runs many at once.

A program of its own, since children are forked: it must have started no threads, as pytest has.

    python -m tests.crashes FOLDER load|generate
    python -m tests.crashes FOLDER moments|race|compete TIMES
    python -m tests.crashes FOLDER tear ROWS

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
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from tests.campaigns import amount, draw, every
from tests.conftest import NOON, NOON_ID, Project
from tests.forking import KILLED, killed_at_line, spawn, wait
from txn_kedro.warehouse.duckdb_warehouse import DuckDBWarehouse

LOADER = (
    "warehouse/loader.py",
    "warehouse/duckdb_warehouse.py",
    "lake/exclusive.py",
    "lake/base.py",
    "lake/folder.py",
)
WRITER = (
    "datasets/parquet_batch_dataset.py",
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


def kill_loads_at_moments(folder: Path, moments: int) -> int:
    """Kill a load at random moments of its course, inside DuckDB too. The number of kills."""
    made, rows = Project(folder / "made"), amount(100_000, 300_000)
    assert in_child(partial(made.generate, NOON, rows=rows)) == 0
    begin = time.monotonic()
    assert in_child(made.load) == 0
    course = time.monotonic() - begin
    drawn, kills = draw(), 0
    for moment in range(moments):
        project = Project(folder / f"moment-{moment}")
        shutil.copytree(made.lake_path, project.lake_path)
        child = spawn(project.load)
        time.sleep(drawn.uniform(0, course))
        os.kill(child, signal.SIGKILL)
        if wait(child) == KILLED:
            kills += 1
        else:  # the machine is less busy than it was
            course /= 2
        assert in_child(project.load) == 0
        assert in_child(partial(assert_rows, project, {NOON_ID: rows})) == 0
        shutil.rmtree(project.root)
    return kills


def tear(folder: Path, rows: int) -> int:
    """Cut a load's log off where its commit was being written, then load again.

    DuckDB then keeps the rows and loses the ledger row. The number of such rows.
    """
    project = Project(folder)
    assert in_child(partial(project.generate, NOON, rows=rows)) == 0
    assert in_child(partial(killed_at_commit, project)) == KILLED
    log = project.warehouse_path.with_name("warehouse.duckdb.wal")
    os.truncate(log, log.stat().st_size - 21)
    left = folder / "left"
    count = partial(lambda: left.write_text(str(project.table("transactions").load().count())))
    assert in_child(count) == 0
    assert in_child(project.load) == 0
    assert in_child(partial(assert_rows, project, {NOON_ID: rows})) == 0
    return int(left.read_text())


def killed_at_commit(project: Project) -> None:
    """Load, and be killed as soon as the rows are committed, before the log is put away."""
    transaction = DuckDBWarehouse.transaction

    @contextmanager
    def killed(self):
        with transaction(self) as connection:
            yield connection
            if connection.execute(sa.text("SELECT count(*) FROM load_ledger")).scalar():
                connection.commit()
                os.kill(os.getpid(), signal.SIGKILL)

    DuckDBWarehouse.transaction = killed
    project.load()


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
        shutil.copytree(whole.lake_path / "world", project.lake_path / "world")
        end = in_child(partial(killed_at_line, number, WRITER, partial(write, project)))
        assert in_child(partial(write, project)) == 0
        assert project.digests() == expected, number
        shutil.rmtree(project.root)
        if end != KILLED:
            assert end == 0
            return kills
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


def main(folder: str, scenario: str, *numbers: str) -> None:
    """Run a scenario and print how often it happened."""
    scenarios = {
        "load": kill_loads,
        "moments": kill_loads_at_moments,
        "generate": kill_generations,
        "tear": tear,
        "compete": compete,
        "race": race,
    }
    print(scenarios[scenario](Path(folder), *map(int, numbers)))  # noqa: T201  that is its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
