"""Corpus metrics of sacrebleu."""

from __future__ import annotations

from typing import Any

import pytest

from mmeval.metrics import translation
from mmeval.types import Metric

sacrebleu = pytest.importorskip("sacrebleu")

REFERENCES = ["the cat sat on the mat today", "it rains a lot in the north"]
PREDICTIONS = ["the cat sat on a mat today", "it rains much in the far north"]


@pytest.mark.parametrize(
    ("metric", "function", "options"),
    [
        (translation.bleu, "corpus_bleu", {}),
        (translation.chrf, "corpus_chrf", {}),
        (translation.chrf_plus_plus, "corpus_chrf", {"word_order": 2}),
        (translation.ter, "corpus_ter", {}),
    ],
)
def test_corpus_score_is_sacrebleus(metric: Metric, function: str, options: dict[str, Any]) -> None:
    assert metric.score is not None
    values = [metric.score(answer, target) for answer, target in zip(PREDICTIONS, REFERENCES, strict=True)]
    expected = getattr(sacrebleu, function)(PREDICTIONS, [REFERENCES], **options).score
    assert metric.aggregate(values) == expected


def test_several_references_and_a_list_of_one_prediction() -> None:
    values = [(["a b c d e", "the cat sat on the mat"], ["the cat sat on the mat"])]
    assert translation.bleu.aggregate(values) == pytest.approx(100)


def test_no_answer_is_an_empty_translation() -> None:
    assert translation.chrf.aggregate([("the cat", None)]) == 0


def test_only_ter_falls_as_translations_get_better() -> None:
    ways = {metric.name: metric.higher_is_better for metric in vars(translation).values() if isinstance(metric, Metric)}
    assert ways == {"bleu": True, "chrf": True, "chrf++": True, "ter": False}
