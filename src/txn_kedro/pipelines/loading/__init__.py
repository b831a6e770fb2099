"""The loading pipeline."""

from txn_kedro.pipelines.loading.pipeline import create_pipeline

__all__ = ["create_pipeline"]
