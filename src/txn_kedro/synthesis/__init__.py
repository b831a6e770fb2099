"""What a transaction is, and how transactions are made."""
