"""Signatures: by which rules a library computed a metric, so that a number can be compared with a published one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from mmeval.metrics import aggregations
from mmeval.metrics.bertscore import bertscore, scorer
from mmeval.metrics.overlap import rouge1, rouge2, rougel
from mmeval.types import Metric

_SACREBLEU: Mapping[Any, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        aggregations.bleu: ("BLEU", {}),
        aggregations.chrf: ("CHRF", {}),
        aggregations.chrf_plus_plus: ("CHRF", {"word_order": 2}),
        aggregations.ter: ("TER", {}),
    }
)
_ROUGE = frozenset((rouge1.score, rouge2.score, rougel.score))


def signature(metric: Metric, values: Sequence[Any], options: Mapping[str, Any]) -> str:
    """The signature that sacrebleu and bert-score give, and one like it for ROUGE; empty for other metrics.

    `values` are the samples' values, `options` those that the task gives the metric.
    """
    if metric.aggregate in _SACREBLEU and values:
        return _of_sacrebleu(*_SACREBLEU[metric.aggregate], values)
    if metric.score is not None and metric.score in _ROUGE:
        stemmer = "yes" if options.get("use_stemmer") else "no"
        return f"stem:{stemmer}|words:ascii|refs:nearest|rouge-score:{version('rouge-score')}"
    if metric.score is bertscore.score:
        return str(scorer(**options).hash)
    return ""


def _of_sacrebleu(kind: str, options: Mapping[str, Any], values: Sequence[Any]) -> str:
    """A scorer knows its signature once it has seen how many references there are."""
    given = {"tokenize": aggregations.tokenizer_of(values)} if kind == "BLEU" else {}
    scorer = getattr(aggregations.required("sacrebleu.metrics", package="sacrebleu"), kind)(**options, **given)
    references = values[0][0]
    scorer.corpus_score([""], [[""]] * (1 if isinstance(references, str) else len(references)))
    return str(scorer.get_signature())
