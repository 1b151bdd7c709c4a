"""Tokens that answers cost, and what accuracy they bought."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any


def spending(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """New tokens: of all answers, of right and wrong ones, their reasoning and the answer behind it, per executed line;
    and accuracy by tokens spent.
    """
    right = [record["tokens"] for record in records if record["acc"]]
    wrong = [record["tokens"] for record in records if not record["acc"]]
    return {
        "all": _distribution([record["tokens"] for record in records]),
        "correct": _distribution(right),
        "wrong": _distribution(wrong),
        "reasoning": _distribution([record["reasoning_tokens"] for record in records]),
        "answer": _distribution([record["tokens"] - record["reasoning_tokens"] for record in records]),
        "per_line_median": median([record["tokens"] / record["line"] for record in records]) if records else None,
        "accuracy_by_tokens": accuracy_by_tokens(records),
    }


def accuracy_by_tokens(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Accuracy in half decades of tokens spent: `low` is the bin's lower edge."""
    bins: dict[int, list[float]] = {}
    for record in records:
        bins.setdefault(math.floor(2 * math.log10(max(record["tokens"], 1))), []).append(record["acc"])
    return [{"low": 10 ** (step / 2), "n": len(rights), "acc": mean(rights)} for step, rights in sorted(bins.items())]


def _distribution(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    ordered = sorted(values)
    ninth = ordered[round(0.9 * (len(ordered) - 1))]
    return {"mean": mean(ordered), "median": median(ordered), "p90": ninth, "max": ordered[-1]}
