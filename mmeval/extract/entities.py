"""Named entities in a list that a model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mmeval.extract.cleaning import BULLET, clean
from mmeval.types import Extraction

TYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("per", "person", "persons", "people"), "PER"),
        **dict.fromkeys(("org", "organization", "organisation", "organizations", "organisations", "company"), "ORG"),
        **dict.fromkeys(("loc", "location", "locations", "place", "gpe"), "LOC"),
    }
)
"""What models call the three types."""

_EMPHASIS = str.maketrans("", "", "*`")
_BRACKET = re.compile(r"\(([^()]*)\)")
_SEPARATOR = re.compile(r"^[\s,;]+(?:and\s+)?")
_NEXT = re.compile(r"\s*(?:$|[,;.]|and\b)")
_MARKS = " \t,;.:_\"'[]"
_NONE = re.compile(r"\W*(?:none|no (?:named )?entit(?:y|ies)\b.*|n/a)\W*", re.IGNORECASE)


def entities(text: str, *, types: Mapping[str, str] | None = None, other: str | None = None) -> Extraction:
    """[name, TYPE] pairs from "name (type), name (type)" or lines "name, TYPE" and "name: TYPE".

    Bullets, numbers, emphasis and an introduction ("Entities: ") are taken away; `types` maps the type words in lower
    case, and entities of other types are dropped, or kept with the type `other` for whoever counts them. "none" is an
    empty list; an answer in which nothing can be read is none.
    """
    said = clean(text)
    if not said.found:
        return said
    known, lines = TYPES if types is None else types, said.answer.strip().splitlines()
    pairs = [pair for line in lines for pair in _pairs(line, known)]
    typed = [[name, known.get(kind, other)] for name, kind in pairs]
    if _NONE.fullmatch(lines[0]) and not any(kind in known for _, kind in pairs):
        return Extraction([], rule="none")
    if not pairs:
        return Extraction(reason="no entity")
    return Extraction([pair for pair in typed if pair[1] is not None], rule="pairs")


def _pairs(line: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """The names of a line with their type words: the one behind the last comma or colon, else those in brackets."""
    line = BULLET.sub("", line).translate(_EMPHASIS).rstrip(" \t,;.")
    place = max(line.rfind(","), line.rfind(":"))
    last = [(_name(line[: max(place, 0)]), _kind(line[place + 1 :]))]
    found = last if last[0][1] in known else _bracketed(line, known) or last
    return [(name, kind) for name, kind in found if name]


def _bracketed(line: str, known: Mapping[str, str]) -> list[tuple[str, str]]:
    """The names before type words in brackets. A bracket within a name ("Larch Bank (UK)") is a part of it."""
    pairs, start = [], 0
    for bracket in _BRACKET.finditer(line):
        kind = _kind(bracket[1])
        if kind in known or _NEXT.match(line, bracket.end()):
            pairs.append((_name(line[start : bracket.start()]), kind))
            start = bracket.end()
    return pairs


def _kind(text: str) -> str:
    return text.strip(_MARKS).lower()


def _name(text: str) -> str:
    """A name without the separator or introduction before it; a comma within stays ("Harwell Capital, Inc.")."""
    return _SEPARATOR.sub("", text).rpartition(": ")[2].strip().strip("_\"'")
