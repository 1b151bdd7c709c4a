"""Legal benchmarks."""
