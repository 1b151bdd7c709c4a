"""Plan, de-duplicate, execute, log, cache, resume and score. Never tokenizes and never batches."""
