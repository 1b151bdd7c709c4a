"""`!function subjects.NAME`: the rows of one subject. Files of several subjects are cut down to it."""

from __future__ import annotations

from mmeval_tasks.domains.rows import Layout

_COLUMNS = ("question", "subject", "choices", "answer")


def __getattr__(subject: str) -> Layout:
    if subject.startswith("_"):
        raise AttributeError(subject)
    return Layout(_COLUMNS, keep=lambda row: row["subject"] == subject, label=("answer", 4))
