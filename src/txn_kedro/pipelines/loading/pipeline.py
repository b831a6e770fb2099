"""Loading: every committed batch that the ledger lacks."""

from kedro.pipeline import Node, Pipeline

from txn_kedro.pipelines.loading.nodes import select_pending_transactions, select_pending_world


def create_pipeline() -> Pipeline:
    """The pipeline that ends with all committed batches in the warehouse."""
    return Pipeline(
        [
            Node(
                select_pending_transactions,
                inputs=["lake_transactions", "load_ledger"],
                outputs="warehouse_transactions",
                name="select_pending_transactions",
            ),
            # Kedro runs nodes that do not depend on each other by name. So transactions come before
            # the world, and, where both pipelines run, all is generated before anything is loaded.
            Node(
                select_pending_world,
                inputs=["lake_customers", "lake_cards", "lake_merchants", "load_ledger"],
                outputs=["warehouse_customers", "warehouse_cards", "warehouse_merchants"],
                name="select_pending_world",
            ),
        ],
        tags="loading",
    )
