"""LongReasonArena: work out by hand what a program returns, over 10^2 to 10^6 executed lines (arXiv 2508.19363)."""

from __future__ import annotations

from mmeval_tasks.longreasonarena.backtracking import Backtracking
from mmeval_tasks.longreasonarena.levels import (
    Generated,
    GeneratedLevel1,
    GeneratedLevel2,
    GeneratedLevel3,
    Level1,
    Level2,
    Level3,
)
from mmeval_tasks.longreasonarena.retrieval import Retrieval

__all__ = [
    "Backtracking",
    "Generated",
    "GeneratedLevel1",
    "GeneratedLevel2",
    "GeneratedLevel3",
    "Level1",
    "Level2",
    "Level3",
    "Retrieval",
]
