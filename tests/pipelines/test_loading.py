import pandas as pd

from txn_kedro.pipelines.loading.nodes import select_pending_world
from txn_kedro.pipelines.loading.pipeline import create_pipeline
from txn_kedro.warehouse.ledger import LOAD_LEDGER


def test_each_world_table_gets_what_is_pending_of_it(project):
    world = project.generate_world()
    tables = [project.lake_table(name).load() for name in ("customers", "cards", "merchants")]
    nothing = pd.DataFrame(columns=LOAD_LEDGER.column_names)
    assert select_pending_world(*tables, nothing) == tuple(tables)
    project.table("cards").save(tables[1])
    customers, cards, merchants = select_pending_world(*tables, project.ledger())
    assert (list(customers), list(cards), list(merchants)) == ([world], [], [world])


def test_transactions_are_loaded_before_the_world_which_cannot_keep_them_out():
    nodes = [node.name for node in create_pipeline().nodes]
    assert nodes == ["select_pending_transactions", "select_pending_world"]


def test_a_node_is_named_after_what_its_function_does():
    assert all(node.name == node.func.__name__ for node in create_pipeline().nodes)
