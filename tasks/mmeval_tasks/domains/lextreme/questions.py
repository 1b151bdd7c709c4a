"""Questions that list the names to choose from, behind HELM's instruction, which leaves them out."""

from __future__ import annotations

from collections.abc import Sequence

from mmeval_tasks.domains.lextreme import labels
from mmeval_tasks.domains.rows import Row

_NUMBERED = (labels.TOPICS, labels.EVENTS)
_GREEK = (
    "In this task, you are given a Greek legislative document. Predict the {level} level category of the "
    "'Permanent Greek Legislation Code - Raptarchis (Ραπτάρχης)' the document belongs to. The categories are:\n"
)
_EUROVOC = (
    "In this task, you are given a document from an EU law. Predict the level {level} concept in the EUROVOC taxonomy. "
    "If there is no label reply n/a, if there are multiple labels specify all of them separated by a comma. "
    "The concepts are:\n"
)

TOPIC_NUMBERS, EVENT_NUMBERS = ({str(number): name for number, name in enumerate(names)} for names in _NUMBERED)
"""Names by the numbers that the questions give them."""


def volumes(row: Row) -> str:
    """Which of the 47 volumes."""
    return _asked(row, _GREEK.format(level="volume"), labels.VOLUMES)


def chapters(row: Row) -> str:
    """Which of the 389 chapters."""
    return _asked(row, _GREEK.format(level="chapter"), labels.CHAPTERS)


def concepts_1(row: Row) -> str:
    """Which of the 21 domains."""
    return _asked(row, _EUROVOC.format(level=1), labels.CONCEPTS_1)


def concepts_2(row: Row) -> str:
    """Which of the 127 sub-domains."""
    return _asked(row, _EUROVOC.format(level=2), labels.CONCEPTS_2)


def concepts_3(row: Row) -> str:
    """Which of the 567 top terms."""
    return _asked(row, _EUROVOC.format(level=3), labels.CONCEPTS_3)


def _asked(row: Row, instruction: str, names: Sequence[str]) -> str:
    listed = "".join(f"- {name}\n" for name in names)
    return f"{instruction}{listed}\nPassage: {row['input']}\nAnswer:"


def named(row: Row) -> str:
    """The row's labels, or that there is none."""
    return ", ".join(row["label"]) or "n/a"


def topics_numbered(row: Row) -> str:
    """The numbers of the row's topics, as the question has them."""
    return _numbers(row, labels.TOPICS)


def events_numbered(row: Row) -> str:
    """The numbers of the row's measures, as the question has them."""
    return _numbers(row, labels.EVENTS)


def _numbers(row: Row, names: Sequence[str]) -> str:
    return ", ".join(str(names.index(name)) for name in row["label"]) or "n/a"
