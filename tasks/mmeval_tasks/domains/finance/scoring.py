"""Values that need more of a document than its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def headline(doc: Mapping[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Accuracy, and (tag, gold, predicted) for the mean over tags of the weighted F1."""
    logprobs = [logprob for logprob, _ in results]
    predicted, gold = logprobs.index(max(logprobs)), doc["gold"]
    named = (doc["label_type"], doc["choices"][gold], doc["choices"][predicted])
    return {"acc": float(predicted == gold), "f1_by_group": named}
