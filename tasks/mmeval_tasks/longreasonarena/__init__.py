"""LongReasonArena: work out by hand what a program returns, over 10^2 to 10^6 executed lines (arXiv 2508.19363)."""

from mmeval.task import Group
from mmeval_tasks.longreasonarena.backtracking import Backtracking
from mmeval_tasks.longreasonarena.levels import (
    GeneratedLevel1,
    GeneratedLevel2,
    GeneratedLevel3,
    Level1,
    Level2,
    Level3,
)
from mmeval_tasks.longreasonarena.retrieval import Retrieval

longreasonarena = Group(
    name="longreasonarena",
    members=("longreasonarena_lvl1", "longreasonarena_lvl2", "longreasonarena_lvl3"),
    aggregate=("acc", "acc_feasible", "format_error_rate", "truncation_rate"),
)

__all__ = [
    "Backtracking",
    "GeneratedLevel1",
    "GeneratedLevel2",
    "GeneratedLevel3",
    "Level1",
    "Level2",
    "Level3",
    "Retrieval",
    "longreasonarena",
]
