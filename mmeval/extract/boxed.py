r"""The last `\boxed{...}`."""

from __future__ import annotations

import re

from mmeval.types import Extraction

_BOX = "\\boxed{"
_BRACE = re.compile("[{}]")


def boxed(text: str) -> Extraction:
    r"""The inside of the last balanced `\boxed{...}` behind the last `</think>`, as LongReasonArena reads it.

    Every brace counts, also one behind a backslash; a box in a box is part of the outer one. A box that is never
    closed ends the search. There is no answer where there is no box, or where the last one is empty.
    """
    text = text.rpartition("</think>")[2]
    found, start = None, text.find(_BOX)
    while start >= 0:
        end = _closing(text, start + len(_BOX))
        if end is None:
            break
        found = text[start + len(_BOX) : end]
        start = text.find(_BOX, end + 1)
    if found is None:
        return Extraction(reason="no \\boxed{}" if start < 0 else "\\boxed{ is never closed")
    return Extraction(found) if found else Extraction(reason="\\boxed{} is empty")


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return None
