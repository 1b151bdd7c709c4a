"""A number, or a yes or no, in free text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmeval.extract.cleaning import clean
from mmeval.types import Extraction

_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+|(?=\.[0-9]))(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
)
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:[-'][^\W_]+)*")


def first_number(text: str) -> Extraction:
    """The first number that is not part of a word, without thousands commas and with an ASCII minus: `-1234.5`."""
    said = clean(text)
    if not said.found:
        return said
    match = _NUMBER.search(said.answer)
    if match is None:
        return Extraction(reason="no number")
    return Extraction(match[0].replace(",", "").removeprefix("+"), rule="first_number")


def boolean_word(text: str, *, words: Sequence[str] = ("yes", "no", "true", "false")) -> Extraction:
    """The first word, where it is one of `words` in any letter case. "None" is not "no", and "Not sure" is neither."""
    said = clean(text)
    if not said.found:
        return said
    match = _WORD.search(said.answer)
    known = {word.lower(): word for word in words}
    word = known.get(match[0].lower()) if match else None
    if word is None:
        return Extraction(reason=f"the first word is none of {', '.join(words)}")
    return Extraction(word, rule="first_word")
