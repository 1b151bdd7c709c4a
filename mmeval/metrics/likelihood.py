"""Metrics of log-likelihoods (nats): of a target after its context, or of a whole text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TypeAlias

from mmeval.metrics import aggregations
from mmeval.types import Metric

Weighted: TypeAlias = tuple[float, int]


class TextLogprob(float):
    """Log-likelihood (nats) that knows how many tokens it is of; None where the model does not tell."""

    tokens: int | None

    def __new__(cls, logprob: float, tokens: int | None = None) -> TextLogprob:
        made = super().__new__(cls, logprob)
        made.tokens = tokens
        return made


def tokens_of(logprobs: Sequence[float]) -> tuple[int, ...]:
    """The numbers of tokens of all of these; empty where one of them does not know."""
    known = [one.tokens for one in logprobs if isinstance(one, TextLogprob) and one.tokens is not None]
    return tuple(known) if len(known) == len(logprobs) else ()


def _logprob(answer: float | tuple[float, bool], target: object) -> float:  # noqa: ARG001  a metric takes both
    return answer[0] if isinstance(answer, tuple | list) else answer


def _per_word(answer: float, target: str) -> Weighted:
    # Edge whitespace yields empty pieces, and lm-eval counts them.
    return answer, len(re.split(r"\s+", target))


def _per_byte(answer: float, target: str) -> Weighted:
    return answer, len(target.encode())


def _per_token(answer: object, target: str) -> Weighted | None:  # noqa: ARG001  a metric takes both
    return (float(answer), answer.tokens) if isinstance(answer, TextLogprob) and answer.tokens else None


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

token_perplexity = Metric(
    "token_perplexity",
    aggregations.weighted_perplexity,
    stderr="bootstrap",
    higher_is_better=False,
    worst=None,
    score=_per_token,
)
"""Perplexity per predicted token of all texts together: of one tokenizer only, and none where tokens are not told."""
