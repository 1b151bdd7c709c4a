"""Layouts of the legal data sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmeval_tasks.domains.rows import Adapter, Layout, Row


def _casehold_flat_to_lexglue(row: Row) -> Iterator[dict[str, Any]]:
    yield {
        "context": row["citing_prompt"],
        "endings": [row[f"holding_{position}"] for position in range(5)],
        "label": int(row["label"]),
    }


casehold = Layout(
    ("context", "endings", "label"),
    (Adapter("casehold_flat_to_lexglue", frozenset(("citing_prompt", "holding_0")), _casehold_flat_to_lexglue),),
    label=("label", 5),
)
