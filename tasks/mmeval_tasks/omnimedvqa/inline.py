"""Questions that carry their options inline, `... A)first, B)second`, as Med-R1 and some copies write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import ascii_uppercase


def join(question: str, options: Mapping[str, str]) -> str:
    """The question with its options inline."""
    return f"{question} {', '.join(f'{letter}){text}' for letter, text in options.items())}"


def split(problem: str) -> tuple[str, dict[str, str]]:
    """The question and its options by letter; commas inside an option do not separate."""
    marks: list[re.Match[str]] = []
    for letter in ascii_uppercase:
        start = marks[-1].end() if marks else 0
        mark = re.compile(rf"(?:^|[\s,]+){letter}\)\s*" if not marks else rf",\s*{letter}\)\s*").search(problem, start)
        if mark is None:
            break
        marks.append(mark)
    ends = [mark.start() for mark in marks[1:]] + [len(problem)]
    options = {
        letter: problem[mark.end() : end].strip()
        for letter, mark, end in zip(ascii_uppercase, marks, ends, strict=False)
    }
    return (problem[: marks[0].start()] if marks else problem).strip(), options
