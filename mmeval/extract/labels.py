"""One label, or several, out of a closed list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mmeval.extract.cleaning import clean
from mmeval.types import Extraction

_DROPPED = re.compile(r"[^\w\s%$.+-]")
_NEGATED = re.compile(r"(?:\bnot|\bisnt|\brather than)\s+$")


def closed_label(text: str, *, labels: Sequence[str], synonyms: Mapping[str, str] | None = None) -> Extraction:
    """The one label that the first line names.

    Letter case and punctuation (but % $ . + -) do not matter. A line that is a label is that label; else a label must
    occur as a whole phrase, outside a longer one and not right behind "not" or "rather than". Nothing is guessed: two
    labels are no answer. `synonyms` maps further phrases to labels.
    """
    known = {_plain(phrase): label for phrase, label in {**_themselves(labels), **(synonyms or {})}.items()}
    line = next((plain for plain in map(_plain, clean(text).splitlines()) if plain), "")
    if line in known:
        return Extraction(known[line])
    found = _named(line, known)
    if len(found) == 1:
        return Extraction(found[0])
    return Extraction(reason=f"several labels: {', '.join(found)}" if found else "no label")


def closed_labels(text: str, *, labels: Sequence[str], none: str = "none") -> Extraction:
    """All labels that the answer names, as a list in the order of `labels`; empty where it says `none` instead."""
    known = {_plain(label): label for label in labels}
    line = " ".join(_plain(clean(text)).split())
    found = _named(line, known)
    if found or _named(line, {_plain(none): none}):
        return Extraction([label for label in labels if label in found])
    return Extraction(reason="no label")


def _themselves(labels: Sequence[str]) -> dict[str, str]:
    return {label: label for label in labels}


def _plain(text: str) -> str:
    return " ".join(_DROPPED.sub(" ", text.replace("'", "").lower()).split())


def _named(line: str, known: Mapping[str, str]) -> list[str]:
    """The distinct labels of all phrases in the line; the longest phrase wins wherever several fit."""
    phrases = sorted(filter(None, known), key=len, reverse=True)
    if not phrases:
        return []
    anywhere = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, phrases))})(?![\w-])")
    meant = (match for match in anywhere.finditer(line) if not _NEGATED.search(line[: match.start()]))
    return list(dict.fromkeys(known[match[0]] for match in meant))
