"""Names in a list that a model wrote in no prescribed form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from mmeval.extract.cleaning import cleaned, plain_characters
from mmeval.extract.entities import entities

Pair: TypeAlias = tuple[str, str]
"""A type and a name."""

_COMMA = re.compile(r"[、\n]|,(?!\d)|(?<!\d),")
"""Between names; not within 1,000."""
_AROUND = " \t-•*\"'`.。"
_NUMBER = re.compile(r"\d{1,2}[.)]\s")
_NOTHING = frozenset(("none", "n/a", "no", "null", "无", "没有", ""))


def names(text: str) -> set[str]:
    """The names in a text, in plain characters and lower case."""
    found = (_plain(part) for part in _COMMA.split(plain_characters(text)))
    return {name for name in found if name not in _NOTHING}


def listed_names(text: str) -> set[str] | None:
    """The names of all lines, without what stands before a colon; None where the answer is empty."""
    answer = cleaned(text).strip()
    if not answer:
        return None
    return {name for line in answer.splitlines() for name in names(line.rpartition(":")[2])}


def typed_names(text: str, types: Sequence[str]) -> set[Pair] | None:
    """(type, name) pairs of lines "type: name, name", of lists below "type:", or else of "name (type)".

    None where nothing can be read; other types are no answer.
    """
    known = {_plain(kind): kind for kind in types}
    below = list(_below_types(cleaned(text), known))
    if below:
        return {(kind, name) for kind, part in below for name in names(part)}
    pairs = entities(text, types=known).answer
    return None if pairs is None else {(kind, name) for listed, kind in pairs for name in names(listed)}


def _below_types(answer: str, known: Mapping[str, str]) -> Iterator[Pair]:
    """Types, and the text that belongs to each: the rest of the line, or the lines below."""
    heading = ""
    for line in answer.splitlines():
        head, colon, rest = line.partition(":")
        kind = known.get(_plain(head), "") if colon else ""
        if kind:
            yield kind, rest
            heading = "" if _plain(rest) else kind
        elif heading:
            yield heading, line


def _plain(text: str) -> str:
    """In lower case, without bullets, numbers and quotes around it."""
    return " ".join(_unnumbered(text.strip(_AROUND)).casefold().split()).strip(_AROUND)


def _unnumbered(text: str) -> str:
    number = _NUMBER.match(text)
    return text[number.end() :] if number else text
