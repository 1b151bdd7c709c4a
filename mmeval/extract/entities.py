"""Named entities in a list that a model wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mmeval.extract.cleaning import clean
from mmeval.types import Extraction

TYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("per", "person", "persons", "people"), "PER"),
        **dict.fromkeys(("org", "organization", "organisation", "organizations", "organisations", "company"), "ORG"),
        **dict.fromkeys(("loc", "location", "locations", "place", "gpe"), "LOC"),
    }
)
"""What models call the three types."""

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_SEPARATOR = re.compile(r"^[\s,;]+(?:and\s+)?")
_NONE = re.compile(r"\W*(?:none|no (?:named )?entit(?:y|ies)\b.*|n/a)\W*", re.IGNORECASE | re.DOTALL)


def entities(text: str, *, types: Mapping[str, str] | None = None, other: str | None = None) -> Extraction:
    """[name, TYPE] pairs from "name (type), name (type)" or lines "name, TYPE" and "name: TYPE".

    Bullets and numbers are taken away; `types` maps the type words in lower case, and entities of other types are
    dropped, or kept with the type `other` for whoever counts them. "none" is an empty list; an answer in which nothing
    can be read is none.
    """
    answer, known = clean(text).strip(), TYPES if types is None else types
    if _NONE.fullmatch(answer):
        return Extraction([])
    pairs = [pair for line in answer.splitlines() for pair in _pairs(_BULLET.sub("", line).strip())]
    if not pairs:
        return Extraction(reason="no entity")
    typed = [[name, known.get(kind, other)] for name, kind in pairs]
    return Extraction([pair for pair in typed if pair[1] is not None])


def _pairs(line: str) -> list[tuple[str, str]]:
    pieces = _BRACKETS.split(line)
    if len(pieces) > 1:
        bracketed = zip(map(_name, pieces[0::2]), pieces[1::2], strict=False)
        return [(name, _kind(kind)) for name, kind in bracketed if name]
    place = max(line.rfind(","), line.rfind(":"))
    name = _name(line[: max(place, 0)])
    return [(name, _kind(line[place + 1 :]))] if name else []


def _kind(text: str) -> str:
    return text.strip().removesuffix(".").lower()


def _name(text: str) -> str:
    """A name without the separator before it; a comma within stays ("Harwell Capital, Inc.")."""
    return _SEPARATOR.sub("", text).strip().strip("*\"'")
