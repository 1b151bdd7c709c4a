"""Financial benchmarks."""
