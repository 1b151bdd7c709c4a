"""From attempts to a level: bands of lines, no repeats, and at most a few rows per problem (facts sheet, 5)."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from mmeval_tasks.longreasonarena.generation.attempts import Attempt
from mmeval_tasks.longreasonarena.tokens import Counter

LEVELS: Mapping[int, tuple[int, int]] = {1: (10**2, 10**4), 2: (10**4, 10**5), 3: (10**5, 10**6)}
"""Executed lines of each level, the upper end excluded."""


def candidates(
    attempts: Iterable[Attempt], lines: tuple[int, int], count: Counter, max_answer_tokens: int | None = None
) -> dict[int, list[Attempt]]:
    """The usable attempts by problem, in order, without repeats of one question."""
    found: dict[int, list[Attempt]] = {}
    seen: set[str] = set()
    for attempt in sorted(attempts, key=lambda one: (one.idx, one.number)):
        if attempt.row is None or not lines[0] <= attempt.line < lines[1]:
            continue
        question = json.dumps([attempt.row["problem"], attempt.row["input"]])
        too_long = max_answer_tokens is not None and count(str(attempt.row["output"])) > max_answer_tokens
        if question not in seen and not too_long:
            seen.add(question)
            found.setdefault(attempt.idx, []).append(attempt)
    return found


def with_longest(found: Mapping[int, list[Attempt]], attempts: Iterable[Attempt]) -> dict[int, list[Attempt]]:
    """Only problems that also reach level 3: so levels 1 and 2 differ from it in length, not in problems."""
    low, high = LEVELS[3]
    long = {attempt.idx for attempt in attempts if low <= attempt.line < high}
    return {idx: rows for idx, rows in found.items() if idx in long}


def select(
    found: Mapping[int, Sequence[Attempt]],
    factors: Mapping[int, int],
    count: int,
    seed: int,
    *,
    equal_bins: bool = False,
) -> list[Mapping[str, Any]]:
    """Up to `count` rows, none more of a problem than its factor; every problem gives one before any gives a second.

    With `equal_bins` half decades of lines take turns as long as they last.
    """
    draw = random.Random(seed)
    order = sorted(found)
    draw.shuffle(order)
    chosen = {idx: draw.sample(found[idx], min(factors[idx], len(found[idx]))) for idx in order}
    queue = _taking_turns([chosen[idx] for idx in order])
    if equal_bins:
        bins: dict[int, list[Attempt]] = {}
        for one in queue:
            bins.setdefault(math.floor(2 * math.log10(one.line)), []).append(one)
        queue = _taking_turns([bins[place] for place in sorted(bins)])
    kept = sorted(queue[:count], key=lambda one: (one.idx, one.number))
    return [attempt.row for attempt in kept if attempt.row is not None]


def _taking_turns(lists: Sequence[Sequence[Attempt]]) -> list[Attempt]:
    """The first of each, then the second of each, and so on."""
    return [one for turn in zip_longest(*lists) for one in turn if one is not None]
