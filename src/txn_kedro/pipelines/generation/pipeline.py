"""Generation: a world, once, and a batch, each run."""

from kedro.pipeline import Node, Pipeline

from txn_kedro.pipelines.generation.nodes import plan_batch, plan_world


def create_pipeline() -> Pipeline:
    """The pipeline that ends with a committed batch in the lake."""
    return Pipeline(
        [
            Node(
                plan_world,
                inputs=["params:seed", "params:world"],
                outputs=["lake_customers", "lake_cards", "lake_merchants"],
                name="plan_world",
            ),
            Node(
                plan_batch,
                inputs=[
                    "lake_customers",
                    "lake_cards",
                    "lake_merchants",
                    "params:seed",
                    "params:execution_time",
                    "params:revision",
                    "params:world",
                    "params:generation",
                ],
                outputs="lake_transactions",
                name="plan_batch",
            ),
        ],
        tags="generation",
    )
