"""The domain: its tables, and how their rows are generated."""
