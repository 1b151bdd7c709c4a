"""Metrics of log-likelihoods (nats): of a target after its context, or of a whole text."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

from mmeval.metrics import aggregations
from mmeval.types import Metric

Weighted: TypeAlias = tuple[float, int]


def _logprob(answer: float | tuple[float, bool], target: object) -> float:  # noqa: ARG001  a metric takes both
    return answer[0] if isinstance(answer, tuple | list) else answer


def _per_word(answer: float, target: str) -> Weighted:
    # Edge whitespace yields empty pieces, and lm-eval counts them.
    return answer, len(re.split(r"\s+", target))


def _per_byte(answer: float, target: str) -> Weighted:
    return answer, len(target.encode())


perplexity = Metric(
    "perplexity",
    aggregations.perplexity,
    stderr="bootstrap",
    higher_is_better=False,
    worst=-math.inf,
    score=_logprob,
)
"""exp(-mean log-likelihood) over samples; the answer is a log-likelihood or a (log-likelihood, greedy) pair."""

word_perplexity = Metric(
    "word_perplexity",
    aggregations.weighted_perplexity,
    stderr="bootstrap",
    higher_is_better=False,
    worst=(-math.inf, 1),
    score=_per_word,
)
"""Perplexity per word of all texts together; words are what whitespace separates."""

byte_perplexity = Metric(
    "byte_perplexity",
    aggregations.weighted_perplexity,
    stderr="bootstrap",
    higher_is_better=False,
    worst=(-math.inf, 1),
    score=_per_byte,
)
"""Perplexity per UTF-8 byte of all texts together."""

bits_per_byte = Metric(
    "bits_per_byte",
    aggregations.bits_per_byte,
    stderr="bootstrap",
    higher_is_better=False,
    worst=(-math.inf, 1),
    score=_per_byte,
)
"""Bits per UTF-8 byte of all texts together."""
