"""MMLU and MMLU-Pro by subject."""
