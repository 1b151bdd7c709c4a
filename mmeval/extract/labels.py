"""One label, or several, out of a closed list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

from mmeval.extract.cleaning import BULLET, clean, plain_characters
from mmeval.types import Extraction

_DROPPED = re.compile(r"[^\w\s%$.+-]|_")
_SEPARATOR = re.compile(r"[,;]")
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
    known = _phrases(_plain, tuple(labels), tuple((synonyms or {}).items()))
    line = next(filter(None, map(_plain, said.answer.splitlines())), "")
    if line in known:
        return Extraction(known[line], rule="label")
    found = _named(line, known)
    if len(found) == 1:
        return Extraction(found[0], rule="label_in_line")
    return Extraction(reason=f"several labels: {', '.join(found)}" if found else "no label")


def closed_labels(
    text: str, *, labels: Sequence[str], none: str = "none", synonyms: Mapping[str, str] | None = None
) -> Extraction:
    """All labels that the answer names, as a list in the order of `labels`; empty where it says `none` instead.

    The first line counts and, unless it says `none`, the lines of a list right behind it: those with a bullet or a
    number, and those that are a label alone. No label is read across a comma, a semicolon or the end of a line.
    `synonyms` maps further phrases, such as numbers, to labels; they count where no label is named.
    """
    said = clean(text)
    if not said.found:
        return said
    known, way_out = _phrases(_in_parts, tuple(labels), ()), _phrases(_in_parts, (none,), ())
    first, *further = [line for line in said.answer.splitlines() if _plain(line)] or [""]
    listed = takewhile(lambda line: BULLET.match(line) or _in_parts(line) in {*known, *way_out}, further)
    lines = [_in_parts(line) for line in (first, *listed)]
    if _named(lines[0], way_out) and not _named(lines[0], known):
        return Extraction([], rule="none")
    together = " , ".join(lines)
    found = _named(together, known) or _named(together, _phrases(_in_parts, (), tuple((synonyms or {}).items())))
    if found:
        return Extraction([label for label in labels if label in found], rule="labels")
    return Extraction([], rule="none") if _named(together, way_out) else Extraction(reason="no label")


def _in_parts(text: str) -> str:
    return " , ".join(filter(None, map(_plain, _SEPARATOR.split(text))))


@lru_cache
def _phrases(
    plain: Callable[[str], str], labels: Sequence[str], synonyms: Sequence[tuple[str, str]]
) -> Mapping[str, str]:
    """Labels by the plain phrases that stand for them."""
    named = (*zip(labels, labels, strict=True), *synonyms)
    return {plain(plain_characters(phrase)): label for phrase, label in named}


def _plain(text: str) -> str:
    return " ".join(_DROPPED.sub(" ", text.replace("'", "").lower()).split())


def _named(line: str, known: Mapping[str, str]) -> list[str]:
    """The distinct labels of all phrases in the line; the longest phrase wins wherever several fit."""
    anywhere = _any_of(tuple(filter(None, known)))
    meant = (match for match in anywhere.finditer(line) if not _negated(line, match.start()))
    return list(dict.fromkeys(known[match[0]] for match in meant))


@lru_cache
def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])(?:{longest_first})(?![\w-])" if phrases else r"(?!)")


def _negated(line: str, start: int) -> bool:
    return _NEGATED.search(line, max(0, start - _NEGATION), start) is not None
