"""Texts that begin alike, encoded without encoding the beginning again.

A text that shares its beginning with an encoded one is cut at a seam, a space behind a letter or digit, where
tokenizers begin a new word whatever follows; the ids up to the seam are taken over. That they may be is not assumed:
each encoded text must end with the ids that its own end has when it is encoded alone, and some texts of every call are
encoded whole as well. What does not agree is encoded whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

TokenIds: TypeAlias = tuple[int, ...]
EncodeAll: TypeAlias = Callable[[Sequence[str]], Mapping[str, TokenIds]]
"""Ids by text, each encoded once."""

LEAST_SHARED = 256
"""Characters that a text must share with the one before it to be spliced."""
SAMPLED = 8
"""About how many texts of a call are encoded whole as well."""
_FROM_END, _SEARCHED = 4, 96
_SEAM = re.compile(r"(?<=[^\W_])(?=\s)")


class Splice(NamedTuple):
    """`text` begins like `base` up to `seam` and somewhat beyond."""

    text: str
    base: str
    seam: int


def seam(text: str, end: int) -> int | None:
    """The last place for a cut that leaves a few characters before `end`, not too far from it."""
    start = max(0, end - _SEARCHED)
    places = [match.start() for match in _SEAM.finditer(text, start, max(start, end - _FROM_END))]
    return places[-1] if places else None


def encode_alike(texts: Sequence[str], whole: EncodeAll, bare: EncodeAll) -> dict[str, TokenIds]:
    """Ids of each text. `whole` encodes with special tokens as usual, `bare` without any."""
    splices = list(_splices(texts))
    spliced = {splice.text for splice in splices}
    ids = dict(whole([text for text in texts if text not in spliced]))
    found = endings(splices, ids, bare)
    known = {splice.text: ids[splice.base][: -found.cut[splice]] + found.ids[splice] for splice in found.ids}
    if not _agree(known, whole):
        return dict(whole(texts))
    rest = whole([text for text in spliced if text not in known])
    return {**ids, **known, **rest}


class Endings(NamedTuple):
    """Ids of texts from their seams on, and how many ids of the base they replace; only where the base agrees."""

    ids: Mapping[Splice, TokenIds]
    cut: Mapping[Splice, int]


def endings(splices: Sequence[Splice], ids: Mapping[str, TokenIds], bare: EncodeAll) -> Endings:
    """The endings of `splices`, whose bases have `ids`.

    Tokenizers that put a space before a text want the cut behind the space, others before it: both are tried.
    """
    found: dict[Splice, TokenIds] = {}
    cut: dict[Splice, int] = {}
    waiting = list(splices)
    for skipped in (0, 1):
        tails = bare([base[seam + skipped :] for _, base, seam in waiting])
        agreeing = []
        for splice in waiting:
            tail = tails[splice.base[splice.seam + skipped :]]
            if tail and ids[splice.base][-len(tail) :] == tail:
                agreeing.append(splice)
                cut[splice] = len(tail)
        own = bare([text[seam + skipped :] for text, _, seam in agreeing])
        found |= {splice: own[splice.text[splice.seam + skipped :]] for splice in agreeing}
        waiting = [splice for splice in waiting if splice not in cut]
        if not waiting:
            break
    return Endings(found, cut)


def _splices(texts: Sequence[str]) -> Iterator[Splice]:
    """Each text that shares enough with the last one that is encoded whole."""
    base = ""
    for text in texts:
        shared = _common(base, text)
        place = seam(text, shared) if 2 * shared > len(text) and shared >= LEAST_SHARED else None
        if place is None:
            base = text
        else:
            yield Splice(text, base, place)


def _common(left: str, right: str) -> int:
    """Characters that two texts have in common at their beginning, by bisection."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _agree(known: Mapping[str, TokenIds], whole: EncodeAll) -> bool:
    """Whether a sample of spliced texts has the ids that it has when it is encoded whole."""
    texts = list(known)
    sample = texts[:: max(1, len(texts) // SAMPLED)]
    encoded = whole(sample)
    return all(encoded[text] == known[text] for text in sample)
