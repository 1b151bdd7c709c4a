"""`!function categories.NAME`: the rows of one category of MMLU-Pro."""

from __future__ import annotations

from typing import Any

from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Layout, Row

_COLUMNS = ("question", "options", "answer", "answer_index", "category")
_LETTERS = "ABCDEFGHIJ"


def __getattr__(category: str) -> Layout:
    if category.startswith("_"):
        raise AttributeError(category)
    label = Position("answer_index", options="options")
    return Layout(_COLUMNS, lists={"options": None}, label=label, belongs=("category", category))


def question(row: Row) -> str:
    """The question with its options, and the beginning of a chain of thought."""
    options = "\n".join(f"{letter}. {text}" for letter, text in zip(_LETTERS, row["options"], strict=False))
    return f"Question:\n{row['question']}\nOptions:\n{options}\nAnswer: Let's think step by step."


def reasoning(row: dict[str, Any]) -> str:
    """What follows the question of an example: its chain of thought."""
    return str(row["cot_content"]).removeprefix("A: Let's think step by step.").strip()
