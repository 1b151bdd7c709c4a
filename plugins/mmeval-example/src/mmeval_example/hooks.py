"""Hooks: a remark below the result table. All hooks: docs/hooks.md of mmeval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmeval import hookimpl


@hookimpl
def mmeval_report_section(results: Mapping[str, Any]) -> str:
    """Name the tasks where more than half of the answers held nothing that could be scored."""
    tasks = results["mmeval"]["tasks"]
    mute = [name for name, found in tasks.items() if any(map(_mostly_unparsed, found.get("metrics", ())))]
    return f"example: hardly an answer could be read of {', '.join(mute)}" if mute else ""


def _mostly_unparsed(row: Mapping[str, Any]) -> bool:
    return bool(row["outcomes"].get("unparsed", 0) * 2 > row["total"])
