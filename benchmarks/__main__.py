"""Runs the benchmarks, all of them or the sections that are named."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import loading, redshift, running, starting, synthesis

SECTIONS = {
    "synthesis": synthesis.measure,
    "loading": loading.measure,
    "redshift": redshift.measure,
    "running": running.measure,
    "starting": starting.measure,
}


def main() -> None:
    """Run the sections asked for, all by default, and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    asked = parser.parse_args().sections or list(SECTIONS)
    if unknown := set(asked) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; medians\n")
    print(f"{'measure':<64} {'figure':>18} {'target':>10}")
    for section in asked:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            for figure in SECTIONS[section](Path(folder)):
                print(figure)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
