"""Kills loaders of Redshift at moments of their work, and starts two at once, by each transport.

A program of its own, since children are forked: it must have started no threads, as pytest has.

    python -m tests.redshift_crashes S3_ENDPOINT PORT PREFIX DATA_API|- ISOLATION race|moments TIMES
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.campaigns import draw
from tests.conftest import NOON
from tests.crashes import BATCHES, assert_rows, generate_all, in_child
from tests.forking import KILLED, spawn, wait
from tests.redshift import DataApiProject, RedshiftProject, new_database


def race(lake: RedshiftProject, isolation: str, rounds: int) -> int:
    """Start two loaders of the same batches at the same instant. The number of rounds."""
    assert in_child(partial(generate_all, lake)) == 0
    for _ in range(rounds):
        project = replace(lake, database=new_database(lake.port, isolation))
        children = [spawn(project.load), spawn(project.load)]
        assert [wait(child) for child in children] == [0, 0]
        assert in_child(partial(assert_rows, project, BATCHES)) == 0
    return rounds


def kill_at_moments(lake: RedshiftProject, isolation: str, moments: int) -> int:
    """Kill a load at random moments, then load again. The number of loads that were killed."""
    rows = 60_000
    assert in_child(partial(lake.generate, NOON, rows=rows)) == 0
    begin = time.monotonic()
    first = replace(lake, database=new_database(lake.port, isolation))
    assert in_child(first.load) == 0
    course = time.monotonic() - begin
    drawn, kills = draw(), 0
    for _ in range(moments):
        project = replace(lake, database=new_database(lake.port, isolation))
        child = spawn(project.load)
        time.sleep(drawn.uniform(0, course))
        os.kill(child, signal.SIGKILL)
        if wait(child) == KILLED:
            kills += 1
        else:  # the machine is less busy than it was
            course /= 2
        assert in_child(project.load) == 0
        assert in_child(partial(assert_rows, project, {"20261122T120000Z": rows})) == 0
    return kills


def main(
    endpoint: str,
    port: str,
    prefix: str,
    data_api: str,
    isolation: str,
    scenario: str,
    times: str,
) -> None:
    """Run a scenario and print how often it happened."""
    lake = RedshiftProject(Path(), endpoint, int(port), "none", prefix)
    if data_api != "-":
        lake = DataApiProject(**{**vars(lake), "data_api_endpoint": data_api})
    scenarios = {"race": race, "moments": kill_at_moments}
    print(json.dumps(scenarios[scenario](lake, isolation, int(times))))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
