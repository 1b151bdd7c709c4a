"""Accuracy by tag and core group: a row counts under each that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

SMALLEST_GROUP = 10


def accuracy_by(records: Sequence[Mapping[str, Any]], key: str) -> list[tuple[str, int, float]]:
    """(name, rows, accuracy) of all groups with at least 10 rows, the largest first."""
    groups: dict[str, list[float]] = {}
    for record in records:
        for name in record[key]:
            groups.setdefault(name, []).append(record["acc"])
    kept = [(name, len(rights), mean(rights)) for name, rights in groups.items() if len(rights) >= SMALLEST_GROUP]
    return sorted(kept, key=lambda group: (-group[1], group[0]))
