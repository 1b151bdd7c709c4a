"""From raw text to the boxed answer (facts sheet, section 3, steps 1 to 3)."""

from __future__ import annotations

import re
from itertools import accumulate

from mmeval.extract.boxed import boxed

THINK_END = "</think>"
_OPEN = "\\boxed{"
_TEXT = re.compile(r"\\text\{(.*)\}")


def after_thinking(text: str) -> str:
    """What follows the last `</think>`; all of it where there is none, so that a tentative box counts."""
    return text.rpartition(THINK_END)[2]


def boxed_answer(text: str) -> str | None:
    r"""The answer of a response, None where there is none (a format error).

    The greedy `\text{...}` of the last line that has one replaces the whole answer.
    """
    box = boxed(text).answer or ""
    wrapped = _TEXT.findall(box)
    return (wrapped[-1] if wrapped else box) or None


def box_of_whole_text(text: str) -> str | None:
    """The last balanced box, reasoning included. The tag becomes a character that no expression may hold."""
    box: str | None = boxed(text.replace(THINK_END, "\0")).answer
    return box


def ends_in_box(text: str) -> bool:
    r"""Whether the last `\boxed{` is never closed."""
    start = text.rfind(_OPEN)
    braces = (1 if brace == "{" else -1 for brace in text[start:] if brace in "{}")
    return start >= 0 and 0 not in accumulate(braces)
