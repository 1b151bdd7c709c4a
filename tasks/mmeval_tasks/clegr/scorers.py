"""Reading answers: the official whole-string scorers (sheet section 6.1), and lenient ones that find an answer.

A scorer reads a text as a value of the form's kind: a float, a bool, a normalised string, or a set of those. An
answer is right where it reads as an accepted label reads officially.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from mmeval.types import Extraction

Read: TypeAlias = float | bool | str | frozenset[str]
Scorer: TypeAlias = Callable[[str, str, Sequence[str]], Extraction]
"""(kind, text, candidates) -> what the text says. Candidates are the labels that could be meant."""

_TRUE, _FALSE = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_NO_ITEMS = frozenset({"none", "no stations", "no lines"})
_NUMBER = re.compile(r"(?:(?<!\w)[-+])?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_BOOLEAN = re.compile(r"\b(not\s+)?(true|yes|false|no)\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;\n]|\s+and\s+", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+(?=\S)")


def normalise(text: str) -> str:
    """Lower case without punctuation, ends stripped; inner white space stays."""
    return re.sub(r"[^\w\s]", "", text).lower().strip()


def agrees(kind: str, said: Read | None, accepted: str) -> bool:
    """Whether what was read is what a label says; numbers within a relative 1e-5."""
    wanted = read(kind, accepted)
    if said is None or wanted is None:
        return False
    if isinstance(said, float) and isinstance(wanted, float):
        return abs(said - wanted) <= 1e-8 + 1e-5 * abs(wanted)
    return said == wanted


def read(kind: str, text: str) -> Read | None:
    """The whole text as the official evaluator reads it. Other kinds than boolean, numeric and list are exact."""
    return _READERS.get(kind, normalise)(text)


def _read_boolean(text: str) -> bool | None:
    word = normalise(text)
    return True if word in _TRUE else False if word in _FALSE else None


def _read_number(text: str) -> float | None:
    """The number that the text is, else what is left of it without other characters than `0-9 . - e E`."""
    for candidate in (text, re.sub(r"[^0-9.\-eE]", "", text)):
        try:
            number = float(candidate)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    return None


def _read_list(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(normalise, re.split(r"[,;]", text))))


_READERS: Mapping[str, Callable[[str], Read | None]] = {
    "boolean": _read_boolean,
    "numeric": _read_number,
    "list": _read_list,
}


def official(kind: str, text: str, _: Sequence[str] = ()) -> Extraction:
    """The whole text, lightly normalised."""
    return _found(read(kind, text), f"not a {kind}")


def _found(said: Read | None, reason: str) -> Extraction:
    return Extraction(reason=reason) if said is None else Extraction(said)


# ---------------------------------------------------------------- lenient


def lenient(kind: str, text: str, candidates: Sequence[str] = ()) -> Extraction:
    """The first number or boolean word in the text, the one label that it names, or all items of a list."""
    if kind == "boolean":
        return _found(_first_boolean(text), "no boolean word")
    if kind == "numeric":
        return _found(_first_number(text), "no number")
    return Extraction(_items(text, candidates)) if kind == "list" else _only_label(text, candidates)


def _first_boolean(text: str) -> bool | None:
    whole = _read_boolean(text)
    found = _BOOLEAN.search(text)
    if whole is not None or found is None:
        return whole
    return (found[2].lower() in _TRUE) != bool(found[1])


def _first_number(text: str) -> float | None:
    found = _NUMBER.search(text)
    number = float(found[0].replace(",", "")) if found else math.nan
    return number if math.isfinite(number) else None


def _only_label(text: str, candidates: Sequence[str]) -> Extraction:
    """The whole text where it is a label or no labels are known, else the one that occurs in it."""
    whole = normalise(text)
    if whole and (not candidates or whole in map(normalise, candidates)):
        return Extraction(whole)
    labels = _labels_in(text, tuple(candidates))
    if len(labels) == 1:
        return Extraction(labels.pop())
    return Extraction(reason="several known labels" if labels else "no known label")


def _items(text: str, candidates: Sequence[str]) -> frozenset[str]:
    """The items of a list without bullets; one that is more than a known label is cut down to the labels in it."""
    known = frozenset(map(normalise, candidates))
    found: set[str] = set()
    for item in _SEPARATOR.split(text):
        whole = normalise(_BULLET.sub("", item))
        found |= {whole} if whole in known else _labels_in(item, tuple(candidates)) or {whole}
    return frozenset(found - _NO_ITEMS - {""})


def _labels_in(text: str, candidates: tuple[str, ...]) -> set[str]:
    """The known labels that the text names, normalised; of overlapping ones the longest."""
    if not candidates:
        return set()
    pattern, labels = _searcher(candidates)
    return {labels[match[0]] for match in pattern.finditer(_spaced(text))}


@lru_cache(maxsize=256)
def _searcher(candidates: tuple[str, ...]) -> tuple[re.Pattern[str], Mapping[str, str]]:
    labels = {_spaced(label): normalise(label) for label in candidates}
    longest_first = sorted(labels, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), labels


def _spaced(text: str) -> str:
    """Lower case words with single spaces: hyphens and punctuation separate."""
    return " ".join(re.sub(r"\W", " ", text).lower().split())


SCORERS: Mapping[str, Scorer] = {"official": official, "lenient": lenient}
