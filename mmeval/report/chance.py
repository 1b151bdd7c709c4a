"""What uniform guesses score, as a task's `metadata.chance` declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACCURACIES = frozenset({"acc", "acc_norm", "acc_bytes", "acc_norm_tok", "acc_mutual_info", "exact_match"})
"""Metrics for which one number stands: shares of right answers."""


def chance_level(metadata: Mapping[str, Any], metric: str) -> float | None:
    """The level of `metric`: the entry of a mapping by metric, or one number, which is that of the main metric and of
    accuracies. None where none is declared.
    """
    declared = metadata.get("chance")
    if isinstance(declared, Mapping):
        declared = declared.get(metric)
    elif metric not in ACCURACIES and metric != metadata.get("main_metric"):
        return None
    return float(declared) if isinstance(declared, int | float) and not isinstance(declared, bool) else None
