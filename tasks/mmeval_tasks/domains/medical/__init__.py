"""Medical benchmarks."""
