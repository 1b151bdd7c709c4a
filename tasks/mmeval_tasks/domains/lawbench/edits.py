"""From alignments of a sentence and its correction to the edits that are counted (ChERRANT's rules)."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from mmeval_tasks.domains.lawbench.alignment import Alignments, Cost, Step

Edit: TypeAlias = tuple[int, int, str]
"""Start and end in the source, and what stands there instead."""

REMOVED = "-NONE-"
FAULTLESS = "没有错误"
"""An answer that says that the sentence is right."""

MOST = 100_000
"""With more cheapest alignments a correction is not compared: the evaluator gives up after ten seconds."""

_APART = string.punctuation + "！？｡＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】"
_APART += "〔〕〖〗〘〙〚〛〜〝〞〟–—‘'‛“”„‟…‧."


def edits(source: str, target: str, cost: Cost) -> Counter[Edit] | None:
    """How often each edit is among the distinct corrections that the cheapest alignments give; None for too many."""
    if target in (source, FAULTLESS):
        return Counter()
    alignments = Alignments.of(source, target, cost)
    if alignments.count() > MOST:
        return None
    corrections = {tuple(_Pair(source, target).correction(steps)) for steps in alignments}
    return Counter(_edit(step, target) for steps in corrections for step in steps)


def _edit(step: Step, target: str) -> Edit:
    return step.start, step.end, REMOVED if step.op == "D" else target[step.new_start : step.new_end]


class _Pair:
    """A sentence and its correction."""

    def __init__(self, source: str, target: str) -> None:
        self._source, self._target = source, target

    def correction(self, steps: Sequence[Step]) -> Iterator[Step]:
        """The steps joined, moves found in them, and what does not change left out."""
        for step in self._with_moves(list(_joined(steps))):
            old, new = self._texts(step)
            if old != new:
                yield self._trimmed(step) if step.op == "S" else step

    def _texts(self, step: Step) -> tuple[str, str]:
        return self._source[step.start : step.end], self._target[step.new_start : step.new_end]

    def _with_moves(self, steps: Sequence[Step]) -> Iterator[Step]:
        place = 0
        while place < len(steps):
            three = steps[place : place + 3]
            if len(three) == 3 and self._is_move(*three):
                yield _span("T", three)
                place += 3
                continue
            if steps[place].op != "M":
                yield steps[place]
            place += 1

    def _is_move(self, first: Step, between: Step, last: Step) -> bool:
        """Whether a text stands on the other side of the middle, or two have changed places."""
        ops = first.op + between.op + last.op
        (old_first, new_first), (old_last, new_last) = self._texts(first), self._texts(last)
        if ops == "SMS":
            return _exchanged(old_first, new_first, old_last, new_last)
        if ops in ("DMI", "DTI"):
            return _moved(old_first, new_last)
        return ops in ("IMD", "ITD") and _moved(old_last, new_first)

    def _trimmed(self, step: Step) -> Step:
        """Without what old and new text begin and end with; an end that reaches into the new beginning is kept."""
        old, new = self._texts(step)
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[::-1])
        if tail > len(new) - head:
            tail = 0
        start, end = step.start + head, step.end - tail
        new_start, new_end = step.new_start + head, step.new_end - tail
        op = "I" if start == end else "D" if new_start == new_end else "S"
        return Step(op, start, end, new_start, new_end)


def _joined(steps: Sequence[Step]) -> Iterator[Step]:
    """Neighbours as one step, but reordered ones; what only leaves out and puts in stays apart."""
    for kind, neighbours in groupby(steps, lambda step: step.op if step.op in "MT" else ""):
        group = list(neighbours)
        ops = {step.op for step in group}
        if kind == "T" or ops == {"D", "I"}:
            yield from group
        else:
            yield _span(ops.pop() if len(ops) == 1 else "S", group)


def _span(op: str, steps: Sequence[Step]) -> Step:
    return Step(op, steps[0].start, steps[-1].end, steps[0].new_start, steps[-1].new_end)


def _exchanged(old_first: str, new_first: str, old_last: str, new_last: str) -> bool:
    if min(map(len, (old_first, new_first, old_last, new_last))) == 1:
        return old_first == new_last and new_first == old_last
    return _alike(old_first, new_last) and _alike(new_first, old_last)


def _moved(removed: str, added: str) -> bool:
    longer, shorter = sorted((removed, added), key=len, reverse=True)
    if longer in _APART or shorter in _APART or len(longer) - len(shorter) > 1:
        return False
    if len(shorter) == 1:
        return longer == shorter
    return _alike(longer, shorter) or (len(longer) == len(shorter) and shorter in longer * 2)


def _alike(one: str, other: str) -> bool:
    """Whether at most one character is put in, left out or replaced."""
    head = _common(one, other)
    one, other = one[head:], other[head:]
    return max(len(one), len(other)) - _common(one[::-1], other[::-1]) <= 1


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
