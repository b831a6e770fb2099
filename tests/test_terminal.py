"""Console output: a bar and colour on a terminal, plain lines elsewhere, no line too wide."""

import fcntl
import io
import logging
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from tests.conftest import KEDRO, SMALL
from txn_kedro.terminal import bar, on_terminal, shown, wrapped

PATH = (
    "s3://bucket/lake/transactions/date=2026-11-22/transactions_20261122T120000Z_part-0000.parquet"
)
LONG = (
    f"Batch 20261122T120000Z: its part {PATH} is missing, so it was not loaded into the warehouse"
)


@pytest.fixture
def screen(monkeypatch):
    """A function that runs an action on a terminal of 80 columns and returns what was drawn."""

    def draw(action, **environment):
        for name, value in {"TERM": "xterm", "COLUMNS": "80", **environment}.items():
            monkeypatch.setenv(name, value)
        here, there = pty.openpty()
        drawn = []
        reader = threading.Thread(target=_read, args=(here, drawn))
        reader.start()
        with monkeypatch.context() as patched, os.fdopen(there, "w") as terminal:
            patched.setattr(sys, "stdout", terminal)
            with logging_to(terminal), shown():
                action(logging.getLogger("tests.terminal"))
        reader.join()
        os.close(here)
        return b"".join(drawn).decode()

    return draw


def _read(terminal, drawn):
    while True:
        try:
            drawn.append(os.read(terminal, 65536))
        except OSError:  # the other end was closed
            return


class logging_to:  # noqa: N801  reads as a function
    """Log to a stream through a handler like the one of conf/logging.yml."""

    def __init__(self, stream):
        self.logger, self.handler = (
            logging.getLogger("tests.terminal"),
            logging.StreamHandler(stream),
        )
        self.handler.setFormatter(logging.Formatter("12:00:00 %(levelname)-7s %(message)s"))

    def __enter__(self):
        self.logger.addHandler(self.handler)
        self.logger.setLevel(logging.INFO)
        self.logger.propagate = False

    def __exit__(self, *_):
        assert self.handler in self.logger.handlers
        self.logger.removeHandler(self.handler)


def work(logger):
    with bar("Generating", 10) as advance:
        advance(3, 3)
        logger.info(LONG)
        logger.warning("Look here")


def plain(drawn):
    return re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", drawn).replace("\r", "\n")


def test_a_terminal_shows_colour_and_a_bar_with_a_rate(screen):
    drawn = screen(work)
    assert re.search(r"Generating .*3/10 rows .* rows/s 0:00:0", plain(drawn))
    assert "\x1b[33m" in drawn  # the warning is yellow


def test_a_bar_whose_end_is_not_known_tells_what_is_done(screen):
    def count(_):
        with bar("Making cards") as advance:
            advance(3, 3)

    assert re.search(r"Making cards .*3 rows .* rows/s 0:00:0", plain(screen(count)))


def test_nothing_is_wider_than_the_terminal_and_no_path_is_broken(screen):
    lines = plain(screen(work)).split("\n")
    assert [line for line in lines if len(line) > 80] == [f"{' ' * 17}{PATH}"]


def test_no_color_is_respected(screen):
    drawn = screen(work, NO_COLOR="1")
    assert "rows/s" in drawn
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", drawn)


def test_a_dumb_terminal_gets_plain_lines(screen):
    assert screen(work, TERM="dumb") == (
        f"12:00:00 INFO    {LONG}\r\n12:00:00 WARNING Look here\r\n"
    )


def test_bars_of_several_threads_share_the_screen(screen):
    def both(_):
        with bar("Loading customers"), bar("Loading cards"):
            pass

    assert {"Loading customers", "Loading cards"} <= set(
        re.findall(r"Loading \w+", plain(screen(both)))
    )


def test_nothing_is_drawn_if_output_is_piped(capsys):
    with shown():
        work(logging.getLogger("tests.silent"))
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "wrapped_text"),
    [
        ("one two three", "one two\n  three"),
        ("short", "short"),
        ("  Label  one two three", "  Label  one\n         two\n         three"),
        ("20261122T120000Z-20261122T120000Z", "20261122T120000Z-20261122T120000Z"),
    ],
)
def test_lines_break_between_words(text, wrapped_text):
    assert wrapped(text, 12, indent=2 if text[0] != " " else 9) == wrapped_text


@pytest.mark.slow
def test_a_run_whose_reader_has_gone_completes_silently(copy):
    command = f"{KEDRO} run --params {SMALL} | head -1; exit ${{PIPESTATUS[0]}}"
    done = copy.call("bash", "-c", command)
    assert done.returncode == 0
    assert done.stderr == ""
    assert len(copy.in_table()) == 1
    done = copy.call("bash", "-c", f"{KEDRO} plan | head -1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (0, "")


FULL = """
import logging, sys
from txn_kedro.terminal import Handler, write
logging.basicConfig(level="INFO", handlers=[Handler(sys.stdout)])
logging.info("one")
logging.info("two")
print("work", file=sys.stderr)
sys.stdout.flush()
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_full_standard_output_is_reported_once_and_the_run_continues():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", FULL], stdout=full, stderr=subprocess.PIPE, text=True, check=True
        )
        assert done.stderr == (
            "Cannot write the log (No space left on device); the run continues.\nwork\n"
        )
        # For a command that only prints, it is an error.
        asked = FULL.replace('logging.info("two")', 'write("two"); write("three")')
        asked = asked.replace('logging.info("one")', "")
        done = subprocess.run(
            [sys.executable, "-c", asked],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "Cannot write to standard output: No space left on device." in done.stderr


def test_a_line_is_wrapped_on_a_terminal_only():
    line = "a line of some words " * 8
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with os.fdopen(primary, "rb"), os.fdopen(secondary, "w") as terminal:
        wrapped_text = on_terminal(line, terminal)
    assert max(map(len, wrapped_text.splitlines())) <= 80
    assert on_terminal(line, io.StringIO()) == line
