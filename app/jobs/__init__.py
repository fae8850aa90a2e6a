"""Background work: the ticker, and what its jobs do."""
