"""ROUGE (rouge-score): n-gram and subsequence overlap with a reference, sample by sample."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mmeval.metrics.aggregations import mean, required
from mmeval.types import Metric


@lru_cache
def _scorer(kind: str, use_stemmer: bool) -> Any:
    return required("rouge_score.rouge_scorer", package="rouge-score").RougeScorer([kind], use_stemmer=use_stemmer)


def _rouge(kind: str, answer: Any, target: Any, use_stemmer: bool) -> float:
    if answer is None:
        return 0.0
    targets = [target] if isinstance(target, str) else list(target)
    return float(_scorer(kind, use_stemmer).score_multi(targets, str(answer))[kind].fmeasure)


def _rouge1(answer: Any, target: Any, *, use_stemmer: bool = False) -> float:
    return _rouge("rouge1", answer, target, use_stemmer)


def _rouge2(answer: Any, target: Any, *, use_stemmer: bool = False) -> float:
    return _rouge("rouge2", answer, target, use_stemmer)


def _rouge_l(answer: Any, target: Any, *, use_stemmer: bool = False) -> float:
    return _rouge("rougeL", answer, target, use_stemmer)


rouge1 = Metric("rouge1", mean, range=(0.0, 1.0), score=_rouge1, references=True)
"""F1 of single words with the nearest reference. Option `use_stemmer` (false): Porter's stemmer first.

Words are runs of ASCII letters and digits, in lower case: other scripts have none.
"""

rouge2 = Metric("rouge2", mean, range=(0.0, 1.0), score=_rouge2, references=True)
"""F1 of word pairs; otherwise as `rouge1`."""

rougel = Metric("rougeL", mean, range=(0.0, 1.0), score=_rouge_l, references=True)
"""F1 of the longest common subsequence of words; otherwise as `rouge1`."""
