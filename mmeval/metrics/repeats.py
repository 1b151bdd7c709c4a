"""What several answers to one question say beyond their mean: pass@k, and the value of the majority's answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.metrics.cells import Repeats, is_lost
from mmeval.types import Metric, Outcome, SampleScore

_UNCOUNTED = (Outcome.ERROR, Outcome.SKIPPED)


def across_repeats(metrics: Sequence[Metric], samples: Sequence[Repeats]) -> tuple[list[Metric], list[Repeats]]:
    """Further metrics `<metric>_pass@k` and `<metric>_maj@n` of metrics whose values are right or wrong.

    n is the largest number of answers, k runs over the powers of two below it and n itself. Each sample gets one score
    that holds their values; a sample with fewer than k answers has no pass@k. None where no sample has two answers.
    """
    most = max(map(len, samples), default=0)
    graded = [metric for metric in metrics if most > 1 and _is_graded(metric, samples)]
    sizes = [*(2**power for power in range(1, (most - 1).bit_length())), most]
    added = [_derived(metric, f"pass@{k}") for metric in graded for k in sizes]
    voted = any(score.answer is not None for scores in samples for score in scores)
    added += [_derived(metric, f"maj@{most}") for metric in graded if voted]
    if not added:
        return [], list(samples)
    return added, [[_one(scores, graded, sizes, most)] for scores in samples]


def _is_graded(metric: Metric, samples: Sequence[Repeats]) -> bool:
    found = [score.values.get(metric.name) for scores in samples for score in scores]
    return metric.aggregate is mean and bool(metric.higher_is_better) and all(value in (0, 1, None) for value in found)


def _derived(metric: Metric, name: str) -> Metric:
    return replace(metric, name=f"{metric.name}_{name}", worst=None, score=None)


def _one(scores: Repeats, metrics: Sequence[Metric], sizes: Sequence[int], most: int) -> SampleScore:
    """A sample's further values in one score."""
    if is_lost(scores):
        return replace(scores[0], values={})
    counted = [score for score in scores if score.outcome not in _UNCOUNTED]
    chosen = majority(counted)
    values: dict[str, Any] = {}
    for metric in metrics:
        right = sum(bool(score.values.get(metric.name)) for score in counted)
        values |= {f"{metric.name}_pass@{k}": pass_at(k, right, len(counted)) for k in sizes if k <= len(counted)}
        values[f"{metric.name}_maj@{most}"] = float(chosen.values.get(metric.name) or 0)
    return replace(chosen, values=values, outcome=Outcome.SCORED, repeat=0)


def pass_at(k: int, right: int, n: int) -> float:
    """The chance that k of n answers, drawn without replacement, hold one of the `right` ones.

    The unbiased estimate of pass@k: equation 1 of Chen et al., "Evaluating Large Language Models Trained on Code"
    (2021).
    """
    return 1.0 - math.comb(n - right, k) / math.comb(n, k)


def majority(scores: Repeats) -> SampleScore:
    """The first score whose answer is the most frequent one; where there is none, the first score.

    An answer of None has a vote only where there is no other.
    """
    voters = [score for score in scores if score.answer is not None] or scores
    answers = [score.answer for score in voters]
    return max(voters, key=lambda score: answers.count(score.answer))
