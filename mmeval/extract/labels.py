"""One label, or several, out of a closed list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

from mmeval.extract.cleaning import BULLET, clean, plain_characters
from mmeval.types import Extraction

_DROPPED = re.compile(r"[^\w\s%$.+-]|_")
_NEGATED = re.compile(r"(?:\bnot|\bisnt|\brather than)\s+$")
_NEGATION = len("rather than ")


def closed_label(text: str, *, labels: Sequence[str], synonyms: Mapping[str, str] | None = None) -> Extraction:
    """The one label that the first line names.

    Letter case and punctuation (but % $ . + -) do not matter. A line that is a label is that label; else a label must
    occur as a whole phrase, outside a longer one and not right behind "not" or "rather than". Nothing is guessed: two
    labels are no answer. `synonyms` maps further phrases to labels.
    """
    said = clean(text)
    if not said.found:
        return said
    known = _known({**dict(zip(labels, labels, strict=True)), **(synonyms or {})})
    line = next(filter(None, map(_plain, said.answer.splitlines())), "")
    if line in known:
        return Extraction(known[line], rule="label")
    found = _named(line, known)
    if len(found) == 1:
        return Extraction(found[0], rule="label_in_line")
    return Extraction(reason=f"several labels: {', '.join(found)}" if found else "no label")


def closed_labels(text: str, *, labels: Sequence[str], none: str = "none") -> Extraction:
    """All labels that the answer names, as a list in the order of `labels`; empty where it says `none` instead.

    The first line counts and, unless it says `none`, the lines of a list right behind it: those with a bullet or a
    number, and those that are a label alone.
    """
    said = clean(text)
    if not said.found:
        return said
    known, way_out = _known(dict(zip(labels, labels, strict=True))), _known({none: none})
    first, *further = [line for line in said.answer.splitlines() if _plain(line)] or [""]
    alone = known.keys() | way_out.keys()
    lines = [_plain(first), *map(_plain, takewhile(lambda line: BULLET.match(line) or _plain(line) in alone, further))]
    if _named(lines[0], way_out) and not _named(lines[0], known):
        return Extraction([], rule="none")
    together = " | ".join(lines)  # no label reaches from one line to the next
    found = _named(together, known)
    if found:
        return Extraction([label for label in labels if label in found], rule="labels")
    return Extraction([], rule="none") if _named(together, way_out) else Extraction(reason="no label")


def _known(phrases: Mapping[str, str]) -> dict[str, str]:
    return {_plain(plain_characters(phrase)): label for phrase, label in phrases.items()}


def _plain(text: str) -> str:
    return " ".join(_DROPPED.sub(" ", text.replace("'", "").lower()).split())


def _named(line: str, known: Mapping[str, str]) -> list[str]:
    """The distinct labels of all phrases in the line; the longest phrase wins wherever several fit."""
    phrases = sorted(filter(None, known), key=len, reverse=True)
    if not phrases:
        return []
    anywhere = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, phrases))})(?![\w-])")
    meant = (match for match in anywhere.finditer(line) if not _negated(line, match.start()))
    return list(dict.fromkeys(known[match[0]] for match in meant))


def _negated(line: str, start: int) -> bool:
    return _NEGATED.search(line, max(0, start - _NEGATION), start) is not None
