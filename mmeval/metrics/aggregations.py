"""Values in plan order -> one number, by lm-eval's names and definitions."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from mmeval.errors import MissingRequirementError, UsageError

Aggregation: TypeAlias = Callable[[Sequence[Any]], float]
Pair: TypeAlias = tuple[Any, Any]
BLEU_TOKENIZER = "13a"
"""sacrebleu's default."""


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean by the built-in `sum`, left to right, as lm-eval has it."""
    return sum(values) / len(values)


def median(values: Sequence[float]) -> float:
    """The upper median: element n // 2 of the sorted values."""
    return sorted(values)[len(values) // 2]


def nanmean(values: Sequence[float]) -> float:
    """Mean of the values that are not NaN; NaN where there is none."""
    import numpy as np

    kept = np.asarray(values, dtype=float)
    return float(np.nanmean(kept)) if not np.isnan(kept).all() else math.nan


def perplexity(values: Sequence[float]) -> float:
    """exp(-mean) of log-likelihoods (nats)."""
    return exp(-mean(values))


def weighted_perplexity(values: Sequence[Pair]) -> float:
    """exp(-sum of log-likelihoods / sum of weights), from (log-likelihood in nats, weight) pairs."""
    return exp(-_weighted_mean(values))


def bits_per_byte(values: Sequence[Pair]) -> float:
    """Bits per weight unit, from (log-likelihood in nats, bytes) pairs."""
    return -_weighted_mean(values) / math.log(2)


def f1(values: Sequence[Pair]) -> float:
    """F1 of class 1, from (gold, predicted) pairs with at most two classes (scikit-learn).

    A prediction of None (nothing could be extracted) is an answer of neither class.
    """
    f1_score = sklearn("metrics").f1_score
    golds, predicted = zip(*values, strict=True)
    if None in predicted:
        filler = _unused_label(golds, predicted)
        predicted = tuple(filler if label is None else label for label in predicted)
        return float(f1_score(golds, predicted, labels=[1], average="macro", zero_division=0))
    try:
        return float(f1_score(golds, predicted, zero_division=0))
    except ValueError as error:
        raise UsageError(f"metric f1 needs the classes 0 and 1: {error}") from error


def matthews_corrcoef(values: Sequence[Pair]) -> float:
    """Matthews correlation, from (gold, predicted) pairs (scikit-learn). None is a class of its own."""
    golds, predicted = zip(*values, strict=True)
    codes: dict[Any, int] = {label: code for code, label in enumerate(dict.fromkeys((*golds, *predicted)))}
    if len(codes) < 2:
        return 0.0  # what scikit-learn gives, without its warning
    score = sklearn("metrics").matthews_corrcoef
    return float(score([codes[label] for label in golds], [codes[label] for label in predicted]))


def brier_score(values: Sequence[Pair | float]) -> float:
    """Mean over samples of the squared distance between probabilities and the gold option's one-hot vector.

    From (gold index, probabilities) pairs; a bare number is a sample's distance itself (2 is the worst).
    """
    return mean([value if isinstance(value, int | float) else _squared_distance(*value) for value in values])


def gold_likelihood(values: Sequence[Pair | float]) -> float:
    """Mean log-likelihood (nats) of the gold option, from (gold index, log-likelihoods) pairs or bare numbers."""
    return mean([value if isinstance(value, int | float) else _gold_logprob(*value) for value in values])


def bleu(values: Sequence[tuple[Any, ...]]) -> float:
    """Corpus BLEU (0 to 100, sacrebleu's defaults), from (reference or references, prediction) pairs.

    A third member names another of sacrebleu's tokenizers, the same one for all.
    """
    return _sacrebleu("corpus_bleu", values, tokenize=tokenizer_of(values))


def tokenizer_of(values: Sequence[Sequence[Any]]) -> str:
    """The tokenizer that values of `bleu` name; sacrebleu's default where they name none."""
    return next((str(value[2]) for value in values if len(value) > 2), BLEU_TOKENIZER)


def chrf(values: Sequence[Pair]) -> float:
    """Corpus chrF (0 to 100, character order 6), from (reference or references, prediction) pairs."""
    return _sacrebleu("corpus_chrf", values)


def chrf_plus_plus(values: Sequence[Pair]) -> float:
    """Corpus chrF++ (chrF with word order 2), from (reference or references, prediction) pairs."""
    return _sacrebleu("corpus_chrf", values, word_order=2)


def ter(values: Sequence[Pair]) -> float:
    """Corpus translation edit rate (lower is better), from (reference or references, prediction) pairs."""
    return _sacrebleu("corpus_ter", values)


def bypass(values: Sequence[Any]) -> float:  # noqa: ARG001  an aggregation takes the values
    """999, lm-eval's mark of a run whose answers were not scored."""
    return 999


AGGREGATIONS: Mapping[str, Aggregation] = MappingProxyType(
    {
        "mean": mean,
        "median": median,
        "nanmean": nanmean,
        "perplexity": perplexity,
        "weighted_perplexity": weighted_perplexity,
        "bits_per_byte": bits_per_byte,
        "f1": f1,
        "matthews_corrcoef": matthews_corrcoef,
        "brier_score": brier_score,
        "bleu": bleu,
        "chrf": chrf,
        "chrf++": chrf_plus_plus,
        "ter": ter,
        "bypass": bypass,
    }
)
"""The names that a task file may give."""


def exp(exponent: float) -> float:
    """`math.exp`, infinite where a float cannot hold the result."""
    try:
        return math.exp(exponent)
    except OverflowError:
        return math.inf


def _weighted_mean(values: Sequence[Pair]) -> float:
    amounts, weights = zip(*values, strict=True)
    total = sum(weights)
    return float(sum(amounts) / total) if total else math.nan


def _squared_distance(gold: int, probabilities: Sequence[float]) -> float:
    return sum((share - (option == gold)) ** 2 for option, share in enumerate(probabilities))


def _unused_label(golds: Sequence[Any], predicted: Sequence[Any]) -> Any:
    if isinstance(golds[0], str):
        return "\0none"
    return min(label for label in (*golds, *predicted) if label is not None) - 1


def _gold_logprob(gold: int, logprobs: Sequence[float]) -> float:
    return logprobs[gold] if 0 <= gold < len(logprobs) else -math.inf


def _sacrebleu(function: str, values: Sequence[tuple[Any, ...]], **options: Any) -> float:
    references = [[gold] if isinstance(gold, str) else list(gold) for gold, *_ in values]
    predictions = [_only_text(predicted) for _, predicted, *_ in values]
    streams = list(zip(*references, strict=True))
    return float(getattr(required("sacrebleu"), function)(predictions, streams, **options).score)


def _only_text(predicted: Any) -> str:
    if predicted is None:
        return ""
    if isinstance(predicted, str):
        return predicted
    (text,) = predicted
    return str(text)


def sklearn(module: str) -> Any:
    """A module of scikit-learn. Raises MissingRequirementError where it is not installed."""
    return required(f"sklearn.{module}", package="scikit-learn")


def required(module: str, package: str = "", extra: str = "metrics") -> Any:
    """A module of an extra of mmeval's. Raises MissingRequirementError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingRequirementError(
            f"this metric needs the package {package or module.partition('.')[0]}",
            hint=f"pip install 'mmeval-harness[{extra}]'",
        ) from error
