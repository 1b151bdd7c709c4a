r"""The last `\boxed{...}`, and what LongReasonArena makes of its inside."""

from __future__ import annotations

import re

from mmeval.types import Extraction

_BOX = "\\boxed{"
_BRACE = re.compile("[{}]")
_TEXT = "\\text{"
_FALSE = re.compile(r"\bfalse\b", re.IGNORECASE)
_TRUE = re.compile(r"\btrue\b")
_QUOTES = ("'", '"')


def boxed(text: str, *, unwrap: bool = True, booleans: bool = False, quotes: bool = False) -> Extraction:
    r"""The inside of the last balanced `\boxed{...}` behind the last `</think>`, as LongReasonArena reads it.

    Every brace counts, also one behind a backslash; a box in a box is part of the outer one. A box that is never
    closed ends the search. There is no answer where there is no box, or where nothing stands in the last one.
    `unwrap`, `booleans` and `quotes` apply `unwrapped`, `python_booleans` and `without_quotes`, in this order.
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
    answer = unwrapped(found) if unwrap else found
    if not answer:
        return Extraction(reason="\\boxed{} is empty")
    answer = python_booleans(answer) if booleans else answer
    return Extraction(without_quotes(answer) if quotes else answer, rule="boxed")


def unwrapped(answer: str) -> str:
    r"""What the last `\text{...}` holds, up to the last brace of its line, in place of all; else `answer` itself."""
    for line in reversed(answer.split("\n")):
        start, end = line.find(_TEXT) + len(_TEXT), line.rfind("}")
        if len(_TEXT) <= start <= end:
            return line[start:end]
    return answer


def python_booleans(answer: str) -> str:
    """The word false in any letter case as `False`, the word true in small letters as `True`."""
    return _TRUE.sub("True", _FALSE.sub("False", answer))


def without_quotes(answer: str) -> str:
    """Both end characters go where either is a quote."""
    return answer[1:-1] if answer[:1] in _QUOTES or answer[-1:] in _QUOTES else answer


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return None
