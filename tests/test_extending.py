"""docs/extending.md is followed to the letter: a table of one's own, in both warehouses."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Copy
from tests.paths import ROOT

pytestmark = pytest.mark.slow

STEPS = re.findall(
    r"^`(\S+)`(, at its end)?:\n\n```\w+\n(.*?)```",
    (ROOT / "docs/extending.md").read_text(),
    re.DOTALL | re.MULTILINE,
)
MORE = """order_id,ordered_on,customer,amount,note
3,2026-11-23,Edsger Dijkstra,7.00,
"""


@pytest.fixture
def extended(copy: Copy) -> Copy:
    """A copy of the project, with its sources, in which the page was followed."""
    shutil.rmtree(copy.root / "src")
    shutil.copytree(ROOT / "src", copy.root / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    for name, at_its_end, text in STEPS:
        file = copy.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() + "\n" if at_its_end else ""
        file.write_text(before + text)
    return copy


def orders(extended: Copy, *options: str) -> str:
    done = extended.kedro("run", "--pipelines", "orders", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def states(extended: Copy, *options: str) -> dict[str, str]:
    planned = json.loads(extended.kedro("plan", "--json", *options).stdout)
    return {b["batch_id"]: b["state"] for b in planned["batches"] if b["table"] == "orders"}


def add_a_day(extended: Copy) -> None:
    (extended.root / "data/orders/20261123.csv").write_text(MORE)


def test_the_page_names_each_file_once():
    assert [Path(name).name for name, *_ in STEPS] == [
        "tables.py",
        "catalog.yml",
        "catalog.yaml",
        "nodes.py",
        "__init__.py",
        "20261122.csv",
    ]


def test_orders_are_loaded_into_the_embedded_warehouse_exactly_once(extended):
    assert "Loaded     1 batch, 2 orders in" in orders(extended)
    assert "Loaded     nothing: no batch was pending" in orders(extended)
    add_a_day(extended)
    assert "Loaded     1 batch, 1 orders in" in orders(extended)
    rows = extended.sql("SELECT order_id, customer, amount::VARCHAR, note, batch_id FROM orders")
    assert sorted(rows) == [
        (1, "Ada Lovelace", "12.50", None, "20261122"),
        (2, "Grace Hopper", "99.99", "leave it with the neighbour", "20261122"),
        (3, "Edsger Dijkstra", "7.00", None, "20261123"),
    ]
    assert states(extended) == {"20261122": "loaded", "20261123": "loaded"}


def test_a_file_that_changes_later_is_refused_and_a_batch_can_be_withdrawn(extended):
    orders(extended)
    file = extended.root / "data/orders/20261122.csv"
    file.write_text(file.read_text().replace("12.50", "12.51"))
    done = extended.kedro("run", "--pipelines", "orders")
    assert done.returncode == 1
    assert "Batch 20261122 of orders is committed already, with other settings: sha" in done.stderr
    assert extended.kedro("withdraw", "20261122", "--yes").stdout == "orders 20261122: withdrawn\n"
    assert extended.sql("SELECT count(*) FROM orders") == [(0,)]
    assert states(extended) == {"20261122": "withdrawn"}


def test_orders_are_loaded_into_redshift_exactly_once(extended, sandbox, monkeypatch):
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    where = ("--env", "sandbox")
    assert "Loaded     1 batch, 2 orders in" in orders(extended, *where)
    assert "Loaded     nothing: no batch was pending" in orders(extended, *where)
    add_a_day(extended)
    assert "Loaded     1 batch, 1 orders in" in orders(extended, *where)
    assert states(extended, *where) == {"20261122": "loaded", "20261123": "loaded"}
