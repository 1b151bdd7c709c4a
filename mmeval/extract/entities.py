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
        **dict.fromkeys(("loc", "location", "locations", "loc.", "place", "gpe"), "LOC"),
    }
)
"""What models call the three types."""

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*")
_BRACKETED = re.compile(r"(?P<name>[^()]+?)\s*\((?P<type>[^()]*)\)")
_BEHIND = re.compile(r"^(?P<name>.+?)\s*[,:]\s*(?P<type>[^,:]+?)\.?$")
_NONE = re.compile(r"\W*(?:none|no (?:named )?entit(?:y|ies)\b.*|n/a)\W*", re.IGNORECASE | re.DOTALL)


def entities(text: str, *, types: Mapping[str, str] | None = None) -> Extraction:
    """[name, TYPE] pairs from "name (type), name (type)" or lines "name, TYPE" and "name: TYPE".

    Bullets and numbers are taken away; `types` maps the type words in lower case, and entities of other types are
    dropped. "none" is an empty list; an answer in which nothing can be read is none.
    """
    answer, known = clean(text).strip(), TYPES if types is None else types
    if _NONE.fullmatch(answer):
        return Extraction([])
    pairs = [pair for line in answer.splitlines() for pair in _pairs(_BULLET.sub("", line).strip())]
    if not pairs:
        return Extraction(reason="no entity")
    return Extraction([[name, known[kind]] for name, kind in pairs if kind in known])


def _pairs(line: str) -> list[tuple[str, str]]:
    bracketed = [(_name(match["name"]), match["type"].strip().lower()) for match in _BRACKETED.finditer(line)]
    if bracketed:
        return [(name, kind) for name, kind in bracketed if name]
    match = _BEHIND.match(line)
    return [(_name(match["name"]), match["type"].strip().lower())] if match else []


def _name(text: str) -> str:
    """A name without the separator before it; a comma within stays ("Harwell Capital, Inc.")."""
    return re.sub(r"^[\s,;]+(?:and\s+)?", "", text).strip().strip("*\"'")
