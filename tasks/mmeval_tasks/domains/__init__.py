"""Benchmarks of medical, financial, legal and other specialised models, as task files."""
