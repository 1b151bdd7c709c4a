"""Benchmarks whose answers are programs that are run."""
