"""Ctrl-C and SIGTERM stop a run immediately, with a message and the exit code shells expect."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from tests.conftest import SMALL
from tests.paths import ROOT
from tests.redshift import over_data_api
from txn_kedro import stopping
from txn_kedro.stopping import stoppable
from txn_kedro.warehouse.steps import Step

FOREVER = "SELECT count(*) FROM range(1000000000000) AS a(i) WHERE i % 7 = 3"
FOREVER_IN_REDSHIFT = "SELECT count(*) FROM generate_series(1, 1000000000000)"


@pytest.fixture
def stopped(capfd):
    """A function that runs an action until a signal stops it. It returns exit code and stderr."""

    def run(action, number=signal.SIGTERM, after=0.3):
        timer = threading.Timer(after, os.kill, (os.getpid(), number))
        with pytest.raises(SystemExit) as ended, stoppable():
            timer.start()
            action()
        timer.join()
        return ended.value.code, capfd.readouterr().err

    return run


def wait():
    time.sleep(60)


@pytest.mark.parametrize(
    ("number", "code", "by"), [(signal.SIGINT, 130, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_the_message_says_what_is_kept_and_what_the_next_run_does(stopped, number, code, by):
    assert stopped(wait, number) == (
        code,
        f"Stopped by {by}. Committed and loaded batches are kept,\n"
        "an unfinished batch is not, and the next run loads what is pending.\n",
    )


def test_a_signal_that_is_sent_twice_stops_once(stopped):
    def twice():
        try:
            wait()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    code, printed = stopped(twice)
    assert code == 143
    assert printed.count("Stopped") == 1


def test_an_error_that_a_library_raises_because_of_the_signal_is_not_shown(stopped):
    def swallow():
        try:
            wait()
        except KeyboardInterrupt:
            raise RuntimeError("Query interrupted") from None

    assert "Query interrupted" not in stopped(swallow)[1]


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_earlier_handlers_are_restored():
    before = signal.getsignal(signal.SIGTERM)
    with stoppable(), stoppable():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
    stopping.check()


@pytest.mark.parametrize("in_thread", [False, True], ids=["main thread", "other thread"])
@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_a_duckdb_statement_ends_immediately(project, stopped, number, in_thread):
    project.generate()
    project.load()

    def execute():
        with project.table("transactions").warehouse.transaction() as connection:
            connection.execute(sa.text(FOREVER))

    code, printed = stopped(in_another_thread(execute) if in_thread else execute, number)
    assert code == 128 + number
    assert "interrupted" not in printed
    assert project.in_table() == project.in_ledger()


@pytest.mark.parametrize("in_thread", [False, True], ids=["main thread", "other thread"])
def test_a_redshift_statement_is_cancelled(redshift, stopped, in_thread):
    warehouse = redshift.table("transactions").warehouse

    def execute():
        with warehouse.transaction() as connection:
            connection.execute(sa.text(FOREVER_IN_REDSHIFT))

    assert stopped(in_another_thread(execute) if in_thread else execute, after=1.5)[0] == 143
    others = (
        "SELECT count(*) FROM pg_stat_activity "
        f"WHERE datname = '{redshift.database}' AND pid <> pg_backend_pid()"
    )
    while redshift.sql(others)[0][0]:
        time.sleep(1)


@pytest.mark.parametrize("in_thread", [False, True], ids=["main thread", "other thread"])
def test_a_statement_of_the_data_api_is_cancelled(redshift, sandbox, stopped, in_thread, caplog):
    warehouse = over_data_api(redshift, sandbox).table("transactions").warehouse

    def execute():
        warehouse.run("transactions 1", [Step(sa.text(FOREVER_IN_REDSHIFT))])

    assert stopped(in_another_thread(execute) if in_thread else execute, after=1.5)[0] == 143
    if not in_thread:
        assert "transactions 1: cancelled, nothing of it was kept" in caplog.text
    others = (
        "SELECT count(*) FROM pg_stat_activity "
        f"WHERE datname = '{redshift.database}' AND pid <> pg_backend_pid()"
    )
    while redshift.sql(others)[0][0]:
        time.sleep(1)


def in_another_thread(execute):
    """Execute as ThreadRunner does: the main thread waits for a worker thread."""

    def action():
        def work():
            with pytest.raises(stopping.Stopped):
                execute()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            wait()
        finally:
            thread.join()

    return action


def test_generation_stops_after_the_current_shards_and_leaves_no_temporary_file(project, stopped):
    def generate():
        for day in range(1, 29):
            project.generate(f"2026-10-{day:02d}", rows=400_000)

    assert stopped(generate, after=1.5)[0] == 143
    assert len(project.part_files()) == sum(
        len(reference().paths) for reference in project.batches().load().values()
    )
    assert not list(project.root.rglob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "line"), [(signal.SIGINT, b"part 1 of"), (signal.SIGTERM, b"committed in")]
)
def test_the_next_run_completes_a_stopped_run(copy, number, line):
    large = "generation.min_rows=600000,generation.max_rows=600000"
    noon = "execution_time=2026-11-22T12:00:00Z"
    command = [sys.executable, "-m", "kedro", "run", "--params", f"{noon},{SMALL},{large}"]
    with subprocess.Popen(
        command, cwd=copy.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        while line not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        _, printed = process.communicate()
    assert process.returncode == 128 + number
    assert printed.startswith(b"Stopped by")
    assert printed.count(b"\n") == 2
    data = copy.root / "data"
    assert not list(data.rglob("*.tmp"))
    assert bool(copy.part_files()) == bool(copy.batches().load())
    copy.run(params=f"{noon},{large}")
    assert copy.in_table() == copy.in_ledger() == {"20261122T120000Z": 600_000}


def test_the_packaged_project_stops_in_the_same_way():
    program = """
import os, signal, click
import kedro.framework.cli.utils as utils, kedro.framework.project as project
from txn_kedro.__main__ import main
from txn_kedro.stopping import stoppable
from txn_kedro.warehouse.steps import Step

@click.command()
@stoppable()
def run():
    os.kill(os.getpid(), signal.SIGINT)

project.configure_project = utils.find_run_command = lambda _: run
main([])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 130
    assert done.stderr.startswith(b"Stopped by Ctrl-C")
    assert done.stderr.count(b"\n") == 2
