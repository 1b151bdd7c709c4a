"""Numbers as answers: `-12.5`, `14.1%`, `9413 million` against a gold number, or yes and no."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.types import Metric

_ANSWER = re.compile(r"\s*(?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)(?P<percent>%?)")
_RELATIVE, _ABSOLUTE = 0.01, 5e-5
_EXACT = 1e-6
_SCALES = tuple(10.0**power for power in (-12, -9, -6, -3, 3, 6, 9, 12))


def _values(answer: Any, gold: float) -> Iterator[float]:
    """What the answer may mean: a percent answer is divided by 100, and also taken as it is where gold is 1 or more."""
    match = _ANSWER.match(str(answer)) if answer is not None else None
    if match is None:
        return
    value = float(match["number"])
    if not match["percent"]:
        yield value
        return
    yield value / 100
    if abs(gold) >= 1:
        yield value


def _compared(answer: Any, target: Any, equal: Callable[[float, float], bool]) -> float:
    gold = _number(target)
    if gold is None:
        return float(str(answer).strip().lower() == str(target).strip().lower())
    return float(any(equal(value, gold) for value in _values(answer, gold)))


def _same(value: float, gold: float) -> bool:
    return abs(value - gold) <= _EXACT * max(1.0, abs(gold))


def _near(value: float, gold: float) -> bool:
    signs = (value > 0, value < 0) == (gold > 0, gold < 0)
    return signs and abs(value - gold) <= max(_RELATIVE * abs(gold), _ABSOLUTE)


def _num_em(answer: Any, target: Any) -> float:
    return _compared(answer, target, _same)


def _num_match(answer: Any, target: Any) -> float:
    return _compared(answer, target, _near)


def _scale_mismatch(answer: Any, target: Any) -> float:
    def scaled(value: float, gold: float) -> bool:
        return not _near(value, gold) and any(_near(value * scale, gold) for scale in _SCALES)

    return _compared(answer, target, scaled) if _number(target) is not None else 0.0


def _number(target: Any) -> float | None:
    """The gold number, perhaps written with commas; None for yes, no and other words."""
    try:
        return float(str(target).replace(",", ""))
    except ValueError:
        return None


def is_number(target: Any) -> bool:
    """Whether a gold answer is a number, perhaps written with commas."""
    return _number(target) is not None


num_em = Metric("num_em", mean, range=(0.0, 1.0), score=_num_em)
"""Whether the numbers are equal (to one part in a million); for a gold yes or no, whether the answer is that word."""

num_match = Metric("num_match", mean, range=(0.0, 1.0), score=_num_match)
"""As `num_em`, with equal signs and a difference of at most 1 %, or of 0.00005."""

scale_mismatch = Metric(
    "scale_mismatch", mean, higher_is_better=None, worst=0.0, range=(0.0, 1.0), score=_scale_mismatch
)
"""Whether a wrong number would be right in thousands, millions and so on: scale words are read and not applied."""
