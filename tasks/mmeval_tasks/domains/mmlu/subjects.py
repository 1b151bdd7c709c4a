"""`!function subjects.NAME`: the rows of one subject. Files of several subjects are cut down to it."""

from __future__ import annotations

from mmeval_tasks.domains.positions import Position
from mmeval_tasks.domains.rows import Layout

_COLUMNS = ("question", "subject", "choices", "answer")


def __getattr__(subject: str) -> Layout:
    if subject.startswith("_"):
        raise AttributeError(subject)
    return Layout(_COLUMNS, lists={"choices": 4}, label=Position("answer", 4), belongs=("subject", subject))
