"""Layouts of the legal data sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Adapter, Layout, Row

_HOLDINGS = tuple(f"holding_{position}" for position in range(5))


def _casehold_flat_to_lexglue(row: Row) -> Iterator[dict[str, Any]]:
    label = row["label"]
    yield {
        "context": row["citing_prompt"],
        "endings": [row[holding] for holding in _HOLDINGS],
        "label": int(label) if isinstance(label, str) else label,
    }


casehold = Layout(
    ("context", "endings", "label"),
    (
        Adapter(
            "casehold_flat_to_lexglue", frozenset(("citing_prompt", *_HOLDINGS, "label")), _casehold_flat_to_lexglue
        ),
    ),
    lists={"endings": 5},
    label=Position("label", 5),
)
