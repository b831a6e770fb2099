"""Loading: every committed batch that the ledger lacks, and the world that batches point at."""

from kedro.pipeline import Node, Pipeline

from txn_kedro.pipelines.loading.nodes import choose_world, find_pending


def create_pipeline() -> Pipeline:
    """The pipeline that ends with all committed batches in the warehouse."""
    return Pipeline(
        [
            Node(
                find_pending,
                inputs=["batches", "load_ledger"],
                outputs="transactions",
                name="load_pending",
            ),
            # Kedro runs nodes that do not depend on each other by name: the world comes last, so
            # that a damaged one does not keep sound batches out.
            Node(
                choose_world,
                inputs="batches",
                outputs=["customers", "cards", "merchants"],
                name="load_world",
            ),
        ],
        tags="loading",
    )
