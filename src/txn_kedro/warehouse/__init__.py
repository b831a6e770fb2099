"""The warehouse: the loader's protocol, the ledger, the dialects, queries and the plan."""
