"""From raw text to the boxed answer (facts sheet, section 3, steps 1 to 3)."""

from __future__ import annotations

import re

THINK_END = "</think>"
_OPEN = "\\boxed{"
_BRACE = re.compile(r"[{}]")
_TEXT = re.compile(r"\\text\{(.*)\}")


def after_thinking(text: str) -> str:
    """What follows the last `</think>`; all of it where there is none, so that a tentative box counts."""
    return text.rpartition(THINK_END)[2]


def last_box(text: str) -> str | None:
    """The inside of the last balanced `\\boxed{...}`; an unbalanced one ends the search."""
    found: str | None = None
    start = text.find(_OPEN)
    while start >= 0:
        end = _closing(text, start + len(_OPEN))
        if end is None:
            break
        found = text[start + len(_OPEN) : end]
        start = text.find(_OPEN, end + 1)
    return found


def ends_in_box(text: str) -> bool:
    """Whether the last `\\boxed{` is never closed."""
    start = text.rfind(_OPEN)
    return start >= 0 and _closing(text, start + len(_OPEN)) is None


def unwrapped(box: str) -> str:
    """The content of the last line's greedy `\\text{...}`, which replaces the whole answer; else the answer."""
    found = _TEXT.findall(box)
    return str(found[-1]) if found else box


def boxed_answer(text: str) -> str | None:
    """The answer of a response, None where there is none (a format error)."""
    return unwrapped(last_box(after_thinking(text)) or "") or None


def _closing(text: str, start: int) -> int | None:
    """Where the brace that is open at `start` closes; escaped braces count."""
    depth = 1
    for match in _BRACE.finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.start()
    return None
