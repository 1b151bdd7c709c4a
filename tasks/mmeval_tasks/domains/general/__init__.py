"""Benchmarks of mathematics, science and education, and perplexity of domain corpora."""
