"""Metrics of generated text."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Any

from mmeval.metrics.aggregations import bypass as fixed_999
from mmeval.metrics.aggregations import mean
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.types import Metric

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_DIGITS = str.maketrans("", "", string.digits)


def _exact_match(
    answer: Any,
    target: Any,
    *,
    regexes_to_ignore: Sequence[str] | None = None,
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    ignore_numbers: bool = False,
) -> float:
    if isinstance(answer, ChoiceAnswer):
        return float(answer.wrote(target))

    def plain(text: Any) -> Any:
        if not isinstance(text, str):
            return text
        for pattern in regexes_to_ignore or ():
            text = re.sub(pattern, "", text)
        text = text.lower() if ignore_case else text
        text = text.translate(_PUNCTUATION) if ignore_punctuation else text
        return text.translate(_DIGITS) if ignore_numbers else text

    golds = [plain(gold) for gold in (target if isinstance(target, list | tuple) else [target])]
    answers = answer if isinstance(answer, list | tuple) else [answer]
    return mean([float(plain(one) in golds) for one in answers]) if answers else 0.0


def _unparsed(answer: Any, target: Any) -> float:  # noqa: ARG001  a metric takes both
    return float(answer is None)


def _not_scored(answer: Any, target: Any) -> float:  # noqa: ARG001  a metric takes both
    return 0.0


exact_match = Metric("exact_match", mean, range=(0.0, 1.0), score=_exact_match)
"""Whether the answer equals the target, or one of several; the share of equal ones where there are several answers.

Options, applied to both sides in this order (as in lm-eval): `regexes_to_ignore` (each match is deleted),
`ignore_case`, `ignore_punctuation` (ASCII), `ignore_numbers` (digits). For multiple choice: whether greedy decoding
writes the right option.
"""

unparsed_rate = Metric("unparsed_rate", mean, higher_is_better=False, worst=1.0, range=(0.0, 1.0), score=_unparsed)
"""Share of the samples in whose answer nothing was found. They count as wrong in every other metric."""

bypass = Metric("bypass", fixed_999, stderr="none", score=_not_scored)
"""Stands where answers are only collected (`--predict_only`)."""
