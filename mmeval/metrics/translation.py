"""Metrics of translation over a whole task (sacrebleu). A sample's value is the pair (references, prediction)."""

from __future__ import annotations

from typing import Any

from mmeval.metrics import aggregations
from mmeval.types import Metric


def _references_and_prediction(answer: Any, target: Any) -> tuple[Any, Any]:
    return target, answer


def _with_tokenizer(answer: Any, target: Any, *, tokenize: str = aggregations.BLEU_TOKENIZER) -> tuple[Any, ...]:
    if tokenize == aggregations.BLEU_TOKENIZER:
        return target, answer
    known = aggregations.required("sacrebleu.metrics", package="sacrebleu").BLEU.TOKENIZERS
    if tokenize not in known:
        raise ValueError(f"sacrebleu has no tokenizer '{tokenize}'; it has {', '.join(known)}")
    return target, answer, tokenize


bleu = Metric(
    "bleu",
    aggregations.bleu,
    stderr="bootstrap",
    worst=None,
    range=(0.0, 100.0),
    score=_with_tokenizer,
    references=True,
)
"""Corpus BLEU. The target is a string or a list of references, as many for each sample.

Option `tokenize` (`13a`): one of sacrebleu's tokenizers; `zh` for Chinese.
"""

chrf = Metric(
    "chrf",
    aggregations.chrf,
    stderr="bootstrap",
    worst=None,
    range=(0.0, 100.0),
    score=_references_and_prediction,
    references=True,
)
"""Corpus chrF."""

chrf_plus_plus = Metric(
    "chrf++",
    aggregations.chrf_plus_plus,
    stderr="bootstrap",
    worst=None,
    range=(0.0, 100.0),
    score=_references_and_prediction,
    references=True,
)
"""Corpus chrF++: chrF with words."""

ter = Metric(
    "ter",
    aggregations.ter,
    stderr="bootstrap",
    higher_is_better=False,
    worst=None,
    score=_references_and_prediction,
    references=True,
)
"""Corpus translation edit rate, in per cent; lower is better and 100 is no bound."""
