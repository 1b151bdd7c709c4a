"""Benchmarks whose answers a second model judges (`--role judge=MODEL`). They are in no group."""
