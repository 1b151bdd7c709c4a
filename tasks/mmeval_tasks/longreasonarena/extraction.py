"""Where the parts of a raw text are. The answer's box is the shared extractor's (facts sheet, section 3)."""

from __future__ import annotations

from itertools import accumulate

from mmeval.extract.boxed import boxed
from mmeval.types import Extraction

THINK_END = "</think>"
_OPEN = "\\boxed{"


def after_thinking(text: str) -> str:
    """What follows the last `</think>`; all of it where there is none, so that a tentative box counts."""
    return text.rpartition(THINK_END)[2]


def box_of_whole_text(text: str) -> Extraction:
    """The last balanced box, reasoning included. The tag becomes a character that no expression may hold."""
    return boxed(text.replace(THINK_END, "\0"), unwrap=False)


def ends_in_box(text: str) -> bool:
    r"""Whether the last `\boxed{` is never closed."""
    start = text.rfind(_OPEN)
    braces = (1 if brace == "{" else -1 for brace in text[start:] if brace in "{}")
    return start >= 0 and 0 not in accumulate(braces)
