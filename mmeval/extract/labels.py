"""One label, or several, out of a closed list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from mmeval.extract.cleaning import clean
from mmeval.types import Extraction

_DROPPED = re.compile(r"[^\w\s%$.+-]")
_SEPARATOR = re.compile(r"[,;\n]")
_NEGATED = re.compile(r"(?:\bnot|\bisnt|\brather than)\s+$")


def closed_label(text: str, *, labels: Sequence[str], synonyms: Mapping[str, str] | None = None) -> Extraction:
    """The one label that the first line names.

    Letter case and punctuation (but % $ . + -) do not matter. A line that is a label is that label; else a label must
    occur as a whole phrase, outside a longer one and not right behind "not" or "rather than". Nothing is guessed: two
    labels are no answer. `synonyms` maps further phrases to labels.
    """
    known = _phrases(_plain, tuple(labels), tuple((synonyms or {}).items()))
    line = next((plain for plain in map(_plain, clean(text).splitlines()) if plain), "")
    if line in known:
        return Extraction(known[line])
    found = _named(line, known)
    if len(found) == 1:
        return Extraction(found[0])
    return Extraction(reason=f"several labels: {', '.join(found)}" if found else "no label")


def closed_labels(
    text: str, *, labels: Sequence[str], none: str = "none", synonyms: Mapping[str, str] | None = None
) -> Extraction:
    """All labels that the answer names, as a list in the order of `labels`; empty where it says `none` instead.

    No label is read across a comma, a semicolon or the end of a line. `synonyms` maps further phrases, such as numbers,
    to labels; they count where no label is named.
    """
    line = _in_parts(clean(text))
    found = _named(line, _phrases(_in_parts, tuple(labels), ()))
    found = found or _named(line, _phrases(_in_parts, (), tuple((synonyms or {}).items())))
    if found or _named(line, {_in_parts(none): none}):
        return Extraction([label for label in labels if label in found])
    return Extraction(reason="no label")


def _in_parts(text: str) -> str:
    return " , ".join(filter(None, map(_plain, _SEPARATOR.split(text))))


@lru_cache
def _phrases(
    plain: Callable[[str], str], labels: Sequence[str], synonyms: Sequence[tuple[str, str]]
) -> Mapping[str, str]:
    """Labels by the plain phrases that stand for them."""
    return {plain(phrase): label for phrase, label in (*zip(labels, labels, strict=True), *synonyms)}


def _plain(text: str) -> str:
    return " ".join(_DROPPED.sub(" ", text.replace("'", "").lower()).split())


def _named(line: str, known: Mapping[str, str]) -> list[str]:
    """The distinct labels of all phrases in the line; the longest phrase wins wherever several fit."""
    anywhere = _any_of(tuple(filter(None, known)))
    meant = (match for match in anywhere.finditer(line) if not _NEGATED.search(line[: match.start()]))
    return list(dict.fromkeys(known[match[0]] for match in meant))


@lru_cache
def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])(?:{longest_first})(?![\w-])" if phrases else r"(?!)")
