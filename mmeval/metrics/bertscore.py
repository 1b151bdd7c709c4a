"""BERTScore (bert-score): how near the words of an answer and of a reference are to an encoder, sample by sample."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mmeval.errors import UsageError
from mmeval.metrics.aggregations import mean, required
from mmeval.types import Metric

MODEL = "roberta-large"
"""bert-score's encoder for English."""


def scorer(*, model_type: str = MODEL, num_layers: int | None = None) -> Any:
    """bert-score's scorer with its encoder, the last one kept. Raises UsageError for an encoder that cannot be used."""
    return _loaded(model_type, num_layers)


@lru_cache(maxsize=1)
def _loaded(model_type: str, num_layers: int | None) -> Any:
    library = required("bert_score", package="bert-score", extra="bertscore")
    if num_layers is None and model_type not in library.utils.model2layers:
        raise UsageError(f"metric 'bertscore' needs num_layers: bert-score has no layer for '{model_type}'")
    try:
        return library.BERTScorer(model_type=model_type, num_layers=num_layers)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"metric 'bertscore' cannot load '{model_type}': {reason}") from error


def _bertscore(answer: Any, target: Any, *, model_type: str = MODEL, num_layers: int | None = None) -> float:
    targets = [target] if isinstance(target, str) else target
    references = [reference for reference in targets if reference.strip()]
    if answer is None or not str(answer).strip() or not references:
        return 0.0  # what bert-score gives empty text, which it cannot encode with transformers 5
    try:
        _, _, f1 = _loaded(model_type, num_layers).score([str(answer)], [references])
    except OverflowError as error:
        raise UsageError(
            f"the tokenizer of '{model_type}' does not say how long a text may be",
            hint="set model_max_length in its tokenizer_config.json",
        ) from error
    return float(f1[0])


bertscore = Metric("bertscore", mean, range=(0.0, 1.0), score=_bertscore, references=True)
"""F1 of BERTScore with the nearest reference: no IDF weights, not rescaled (Zhang et al., 2020, section 3).

Options: `model_type` (`roberta-large`), the encoder's name or folder; `num_layers`, the layer whose states are compared
(the one that bert-score has chosen for the encoder).
"""
