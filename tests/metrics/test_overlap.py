"""ROUGE as rouge-score gives it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


WORDS = st.lists(st.sampled_from(("cat", "cats", "sat", "mat", "on", "a1")), max_size=12)


def _f1(shared: int, answer: int, target: int) -> float:
    return 2 * shared / (answer + target) if shared else 0.0


def _grams(words: list[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[place : place + size]) for place in range(len(words) - size + 1))


def _longest(one: list[str], other: list[str]) -> int:
    """The length of the longest common subsequence, by the textbook's recursion in rows."""
    row = [0] * (len(other) + 1)
    for word in one:
        above = list(row)
        for place, another in enumerate(other, start=1):
            row[place] = above[place - 1] + 1 if word == another else max(above[place], row[place - 1])
    return row[-1]


@given(WORDS, WORDS)
def test_scores_of_random_texts_are_those_of_a_plain_count(answer: list[str], target: list[str]) -> None:
    said, wanted = " ".join(answer).upper(), ", ".join(target)
    for metric, size in ((overlap.rouge1, 1), (overlap.rouge2, 2)):
        ours, theirs = _grams(answer, size), _grams(target, size)
        assert metric.score is not None
        assert metric.score(said, wanted) == pytest.approx(_f1((ours & theirs).total(), ours.total(), theirs.total()))
    assert overlap.rougel.score is not None
    found = overlap.rougel.score(said, wanted)
    assert found == pytest.approx(_f1(_longest(answer, target), len(answer), len(target)))


@given(st.text(max_size=40), st.lists(st.text(max_size=40), min_size=1, max_size=3), st.booleans())
def test_any_text_gets_the_best_of_the_librarys_scores(answer: str, targets: list[str], use_stemmer: bool) -> None:
    for metric in (overlap.rouge1, overlap.rouge2, overlap.rougel):
        assert metric.score is not None
        scorer = rouge_scorer.RougeScorer([metric.name], use_stemmer=use_stemmer)
        best = max(scorer.score(target, answer)[metric.name].fmeasure for target in targets)
        assert metric.score(answer, targets, use_stemmer=use_stemmer) == best
