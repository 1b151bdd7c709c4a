"""The authors' results on the R1 data, percent correct by level: reference rows, never results of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CAVEATS = (
    "By the authors, for the R1 data; which scorer revision and which decoding settings of API models stand "
    "behind each number is not known. One sample per row: agreement within about 4 points is all that can be expected. "
    "Rows marked * were added with a later revision of the scorer."
)
PUBLISHED: Mapping[str, tuple[float, float, float]] = {
    "GPT-5*": (81.5, 41.8, 26.4),
    "o1": (59.3, 29.6, 16.4),
    "Qwen3-14B*": (50.4, 16.9, 8.6),
    "Qwen3-32B*": (49.4, 19.3, 11.3),
    "QwQ": (49.4, 20.4, 10.7),
    "Claude 3.7 Sonnet": (44.2, 15.5, 7.8),
    "Qwen3-8B*": (43.2, 16.3, 7.1),
    "Qwen3-4B*": (42.4, 13.4, 6.7),
    "DeepSeek-R1": (40.1, 15.7, 7.5),
    "R1-Distill-Qwen-32B": (38.5, 13.9, 7.5),
    "R1-Distill-Qwen-14B": (32.7, 9.8, 3.3),
    "QwQ-preview": (29.0, 8.9, 3.6),
    "GPT-4o (non-reasoning)": (23.0, 5.7, 2.1),
    "Qwen2.5-72B (non-reasoning)": (20.6, 5.2, 2.1),
    "R1-Distill-Qwen-7B": (16.3, 3.3, 1.9),
    "Llama 3.1 70B (non-reasoning)": (12.8, 3.3, 1.2),
    "R1-Distill-Qwen-1.5B": (1.0, 0.3, 0.0),
}
MIDPOINTS = (3.0, 4.5, 5.5)
"""log10(lines) that stand for the three levels where only their accuracies are known."""
_LEVELS = ("lvl1", "lvl2", "lvl3")


def published_rows(level: str) -> list[dict[str, Any]]:
    """The published accuracies of one level, marked as such; none for sets that were generated."""
    if level not in _LEVELS:
        return []
    index = _LEVELS.index(level)
    return [{"model": model, "acc": scores[index] / 100, "published": True} for model, scores in PUBLISHED.items()]
