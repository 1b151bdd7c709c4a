"""Layouts of the other data sets."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Adapter, Layout, Row

gsm8k = Layout(("question", "answer"))
sciq = Layout(("question", "support", "distractor1", "distractor2", "distractor3", "correct_answer"))
agieval = Layout(
    ("query", "choices", "gold"), lists={"choices": None, "gold": None}, label=Position("gold", options="choices")
)

_WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def _shuffled(row: Row) -> Iterator[dict[str, Any]]:
    """The four answers in an order that depends on the question alone, not on its place."""
    right = row["Correct Answer"].strip()
    options = [right, *(row[name].strip() for name in _WRONG)]
    Random(row["Question"]).shuffle(options)
    yield {"Question": row["Question"], "options": options, "gold": options.index(right)}


gpqa = Layout(
    ("Question", "options", "gold"),
    (Adapter("gpqa_shuffled", frozenset(("Question", "Correct Answer", *_WRONG)), _shuffled),),
    lists={"options": 4},
    label=Position("gold", 4),
)
