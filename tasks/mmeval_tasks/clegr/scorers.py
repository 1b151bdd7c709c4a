"""Is an answer right? The official whole-string scorers (sheet section 6.1), and lenient ones that find an answer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from mmeval.types import Extraction

_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_BOOLEAN = re.compile(r"\b(yes|true|no|false)\b", re.IGNORECASE)


def normalise(text: str) -> str:
    """Lower case without punctuation, ends stripped; inner white space stays."""
    return re.sub(r"[^\w\s]", "", text).lower().strip()


def parse_list(text: str) -> frozenset[str]:
    """The normalised items between commas or semicolons; empty ones dropped."""
    return frozenset(filter(None, (normalise(item) for item in re.split(r"[,;]\s*", text))))


def parse_number(text: str) -> float | None:
    """The number that `text` is, or what its digits, signs and `e` spell; None where that is none."""
    for candidate in (text, re.sub(r"[^0-9.\-eE]", "", text)):
        try:
            return float(candidate)
        except ValueError:
            continue
    return None


def _exact(predicted: str, gold: str) -> bool:
    return normalise(predicted) == normalise(gold)


def _boolean(predicted: str, gold: str) -> bool:
    sides = (normalise(predicted), normalise(gold))
    return any(all(side in words for side in sides) for words in (_YES, _NO))


def _numeric(predicted: str, gold: str) -> bool:
    ours, theirs = parse_number(predicted), parse_number(gold)
    if ours is None or theirs is None:
        return False
    return ours == theirs or (math.isfinite(ours) and abs(ours - theirs) <= 1e-8 + 1e-5 * abs(theirs))


def _list(predicted: str, gold: str) -> bool:
    return parse_list(predicted) == parse_list(gold)


OFFICIAL: Mapping[str, Callable[[str, str], bool]] = {
    "exact": _exact,
    "boolean": _boolean,
    "numeric": _numeric,
    "list": _list,
}
"""Whether a prediction agrees with a label, by kind of form."""


def find_answer(kind: str, text: str, known: frozenset[str]) -> Extraction:
    """The answer that `text` gives, in a form that the official scorers accept.

    Exact answers are looked for among `known` labels (the form's vocabulary, or the map's names): the whole text,
    else the one label that occurs in it.
    """
    text = text.strip()
    if not text:
        return Extraction(reason="empty answer")
    return _FINDERS[kind](text, known)


def _find_number(text: str, known: frozenset[str]) -> Extraction:  # noqa: ARG001  finders are called alike
    found = _NUMBER.search(text)
    return Extraction(found.group().replace(",", "")) if found else Extraction(reason="no number")


def _find_boolean(text: str, known: frozenset[str]) -> Extraction:  # noqa: ARG001
    if normalise(text) in _YES | _NO:
        return Extraction(normalise(text))
    found = _BOOLEAN.search(text)
    return Extraction(found.group()) if found else Extraction(reason="no boolean word")


def _find_label(text: str, known: frozenset[str]) -> Extraction:
    whole = normalise(text)
    labels = {normalise(label): label for label in known}
    if whole in labels:
        return Extraction(labels[whole])
    words = " ".join(whole.split())
    found = [label for label in labels if re.search(rf"\b{re.escape(label)}\b", words)]
    longest = [label for label in found if not any(label != other and label in other for other in found)]
    if len(longest) == 1:
        return Extraction(labels[longest[0]])
    return Extraction(reason="no known label" if not longest else "several known labels")


def _find_list(text: str, known: frozenset[str]) -> Extraction:  # noqa: ARG001
    items = re.split(r"[,;\n]|\band\b", text)
    cleaned = [re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", item).strip() for item in items]
    return Extraction(", ".join(filter(None, cleaned)))


_FINDERS: Mapping[str, Callable[[str, frozenset[str]], Extraction]] = {
    "exact": _find_label,
    "boolean": _find_boolean,
    "numeric": _find_number,
    "list": _find_list,
}
