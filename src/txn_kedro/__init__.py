"""Batch ingestion into a warehouse, end to end: generate, commit, load exactly once."""

__version__ = "0.1.0"
