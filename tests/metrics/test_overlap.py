"""ROUGE as rouge-score gives it."""

from __future__ import annotations

import pytest

from mmeval.metrics import overlap

rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")


@pytest.mark.parametrize("use_stemmer", [False, True])
@pytest.mark.parametrize("name", ["rouge1", "rouge2", "rougeL"])
def test_scores_are_those_of_the_library(name: str, use_stemmer: bool) -> None:
    metric = getattr(overlap, name.lower())
    answer, target = "the cats sat on the mats", "a cat sat on the mat"
    wanted = rouge_scorer.RougeScorer([name], use_stemmer=use_stemmer).score(target, answer)[name].fmeasure
    assert metric.score(answer, target, use_stemmer=use_stemmer) == wanted


def test_the_nearest_reference_counts_and_no_answer_has_no_overlap() -> None:
    assert overlap.rouge1.score is not None
    assert overlap.rouge1.score("a b", ["c d", "a b"]) == 1.0
    assert overlap.rouge1.score(None, "a b") == 0.0
