"""A whole ``kedro run``, against an empty one, and its memory at two sizes."""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.batches import ROOT
from benchmarks.figures import Figure, run_process

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
KEDRO = str(Path(sys.executable).with_name("kedro"))

_EMPTY = {
    "pyproject.toml": (
        '[tool.kedro]\npackage_name = "empty"\nproject_name = "empty"\n'
        'kedro_init_version = "1.7.0"\nsource_dir = "src"\n'
    ),
    ".telemetry": "consent: false\n",
    "conf/base/parameters.yml": "nothing: 0\n",
    "conf/base/catalog.yml": "{}\n",
    "conf/local/parameters.yml": "{}\n",
    "src/empty/__init__.py": "",
    "src/empty/settings.py": "",
    "src/empty/pipeline_registry.py": (
        "from kedro.pipeline import Pipeline, node\n\n\n"
        "def nothing(x):\n    return x\n\n\n"
        "def register_pipelines():\n"
        '    return {"__default__": Pipeline([node(nothing, "params:nothing", "done")])}\n'
    ),
}


def measure(folder: Path) -> Iterator[Figure]:
    """The figures of this section."""
    empty, project = folder / "empty", folder / "project"
    for name, content in _EMPTY.items():
        (empty / name).parent.mkdir(parents=True, exist_ok=True)
        (empty / name).write_text(content)
    copy_project(project)
    run_process([KEDRO, "run"], empty)
    run(project, 1_000_000)

    nothing, million, memory = [], [], []
    for _ in range(ROUNDS):
        nothing.append(run_process([KEDRO, "run"], empty)[0])
        took, held = run(project, 1_000_000)
        million.append(took)
        memory.append(held)
    allowed = 2 * statistics.median(nothing) + 2
    yield Figure("An empty kedro run", statistics.median(nothing), "s")
    yield Figure("kedro run of 1M rows", statistics.median(million), "s", f"<= {allowed:.1f}")
    yield Figure("Peak memory of it", statistics.median(memory), "MB", "< 700")
    took, held = run(project, 20_000_000)
    yield Figure("kedro run of 20M rows", took, "s")
    yield Figure(
        "Peak memory of it, in times that of 1M", held / statistics.median(memory), "x", "<= 1.3"
    )


def copy_project(folder: Path) -> None:
    """A copy in which Kedro may be run."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "src").mkdir()


def run(project: Path, rows: int) -> tuple[float, float]:
    """Run everything for a new batch. Seconds, and MB at the peak."""
    params = f"generation.min_rows={rows},generation.max_rows={rows}"
    return run_process([KEDRO, "run", "--params", params], project)
