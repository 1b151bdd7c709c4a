"""Metrics of multiple choice, from the log-likelihoods of the options."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mmeval.metrics.aggregations import brier_score as mean_brier_score
from mmeval.metrics.aggregations import gold_likelihood, mean
from mmeval.types import Metric

Gold: TypeAlias = int | tuple[int, ...]
"""Index of the right option, or of each right one. -100 stands for a target that is not among the options."""


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """What a model said about the options of one question.

    `logprobs` are log-likelihoods (nats) after the context, `greedy` whether greedy decoding writes the option,
    `choices` the option strings without delimiter, `unconditional` the log-likelihoods without context (only for
    `acc_mutual_info`), `tokens` the options' numbers of tokens (empty where the model does not tell).
    """

    logprobs: tuple[float, ...]
    greedy: tuple[bool, ...]
    choices: tuple[str, ...]
    unconditional: tuple[float, ...] = ()
    tokens: tuple[int, ...] = ()

    @property
    def best(self) -> int:
        """The option with the highest log-likelihood; of equals the first."""
        return argmax(self.logprobs)

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Softmax over the log-likelihoods."""
        top = max(self.logprobs)
        weights = [math.exp(value - top) for value in self.logprobs]
        return tuple(weight / sum(weights) for weight in weights)

    def per(self, length: Callable[[str], int]) -> int:
        """The best option by log-likelihood per unit of length; an empty option never wins over another."""
        return self.over([length(choice) for choice in self.choices])

    def over(self, sizes: Sequence[int]) -> int:
        """The best option by log-likelihood over its size; an option of size 0 never wins over another."""
        return argmax([value / size if size else -math.inf for value, size in zip(self.logprobs, sizes, strict=True)])

    def wrote(self, gold: Gold) -> bool:
        """Whether greedy decoding writes the gold option, or one of several."""
        return any(self.greedy[index] for index in indices(gold) if 0 <= index < len(self.greedy))


def argmax(values: Sequence[float]) -> int:
    """Position of the highest value; of equals the first."""
    return max(range(len(values)), key=values.__getitem__)


def indices(gold: Gold) -> tuple[int, ...]:
    """The right options as a tuple."""
    return (gold,) if isinstance(gold, int) else tuple(gold)


def _right(predicted: int, gold: Gold) -> float:
    return float(predicted in indices(gold))


def _acc(answer: ChoiceAnswer | tuple[float, bool], target: Gold) -> float:
    if isinstance(answer, ChoiceAnswer):
        return _right(answer.best, target)
    _, greedy = answer
    return float(greedy)


def _acc_norm(answer: ChoiceAnswer, target: Gold) -> float:
    return _right(answer.per(len), target)


def _acc_bytes(answer: ChoiceAnswer, target: Gold) -> float:
    return _right(answer.per(lambda choice: len(choice.encode())), target)


def _acc_norm_tok(answer: ChoiceAnswer | None, target: Gold) -> float | None:
    return _right(answer.over(answer.tokens), target) if answer and answer.tokens else None


def _acc_mutual_info(answer: ChoiceAnswer, target: Gold) -> float:
    options_alone = answer.unconditional or (0.0,) * len(answer.choices)  # a baseline says nothing of them
    gains = [with_context - alone for with_context, alone in zip(answer.logprobs, options_alone, strict=True)]
    return _right(argmax(gains), target)


def _chance_adjusted(answer: ChoiceAnswer, target: Gold) -> float:
    chance = len(indices(target)) / len(answer.choices)
    if chance == 1:
        return 0.0  # nothing to choose
    return (_right(answer.best, target) - chance) / (1 - chance)


def _with_probabilities(answer: ChoiceAnswer, target: int) -> tuple[int, tuple[float, ...]]:
    return target, answer.probabilities


def _with_logprobs(answer: ChoiceAnswer, target: int) -> tuple[int, tuple[float, ...]]:
    return target, answer.logprobs


acc = Metric("acc", mean, range=(0.0, 1.0), score=_acc)
"""Whether the likeliest option is right; for a single continuation, a (logprob, greedy) pair, whether it is greedy."""

acc_norm = Metric("acc_norm", mean, range=(0.0, 1.0), score=_acc_norm)
"""As `acc`, by log-likelihood per character (code point)."""

acc_bytes = Metric("acc_bytes", mean, range=(0.0, 1.0), score=_acc_bytes)
"""As `acc`, by log-likelihood per UTF-8 byte."""

acc_norm_tok = Metric("acc_norm_tok", mean, worst=None, range=(0.0, 1.0), score=_acc_norm_tok)
"""As `acc`, by log-likelihood per token of the model; none where the model does not tell its tokens."""

acc_mutual_info = Metric("acc_mutual_info", mean, range=(0.0, 1.0), score=_acc_mutual_info)
"""As `acc`, by log-likelihood minus that of the option without context."""

acc_all = Metric("acc_all", mean, range=(0.0, 1.0))
"""Whether all parts of a question are right; the task computes it."""

chance_adj = Metric("chance_adj", mean, worst=-1.0, range=(-1.0, 1.0), score=_chance_adjusted)
"""Accuracy with the uniform guess of each question as 0: (acc - chance) / (1 - chance)."""

brier_score = Metric(
    "brier_score",
    mean_brier_score,
    stderr="bootstrap",
    higher_is_better=False,
    worst=2.0,
    range=(0.0, 2.0),
    score=_with_probabilities,
)
"""Squared distance between the options' probabilities and the truth."""

likelihood = Metric("likelihood", gold_likelihood, stderr="bootstrap", worst=-math.inf, score=_with_logprobs)
"""Mean log-likelihood of the gold option (lm-eval's own default, a mean of pairs, cannot be computed)."""
