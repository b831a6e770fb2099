"""Generation: a world, once, and a batch, each run."""

from kedro.pipeline import Node, Pipeline

from txn_kedro.pipelines.generation.nodes import describe_world, plan_batch


def create_pipeline() -> Pipeline:
    """The pipeline that ends with a committed batch in the lake."""
    return Pipeline(
        [
            Node(
                describe_world,
                inputs=["params:seed", "params:world"],
                outputs="world",
                name="make_world",
            ),
            Node(
                plan_batch,
                inputs=[
                    "world",
                    "params:seed",
                    "params:execution_time",
                    "params:world",
                    "params:generation",
                ],
                outputs="batches",
                name="make_batch",
            ),
        ],
        tags="generation",
    )
