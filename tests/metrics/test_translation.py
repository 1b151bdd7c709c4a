"""Corpus metrics of sacrebleu."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


TEXTS = st.lists(st.sampled_from(("the", "cat", "sat", "mat", "north", "rain")), min_size=1, max_size=9).map(" ".join)
CORPORA = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5)


def _bleu(pairs: list[tuple[str, str]]) -> float:
    """BLEU-4 of (prediction, reference) pairs with exponential smoothing, written out."""
    predicted, wanted = ([text.split() for text in side] for side in zip(*pairs, strict=True))
    logs, halving = [], 1.0
    for size in range(1, 5):
        hits = total = 0
        for one, other in zip(predicted, wanted, strict=True):
            ours, theirs = (Counter(zip(*(words[n:] for n in range(size)))) for words in (one, other))  # noqa: B905
            hits += (ours & theirs).total()
            total += ours.total()
        if total == 0:
            return 0.0
        if hits == 0:
            halving *= 2
        logs.append(math.log(hits / total if hits else 1 / (halving * total)))
        if size == 1 and hits == 0:
            return 0.0
    lengths = sum(map(len, predicted)), sum(map(len, wanted))
    brevity = min(0.0, 1 - lengths[1] / lengths[0])
    return 100 * math.exp(brevity + sum(logs) / 4)


def _chrf(pairs: list[tuple[str, str]], word_order: int = 0) -> float:
    """chrF2 of pairs over characters without blanks, and over words: of mean precision and recall over the orders that
    both have.
    """
    scores = []
    parts = [("".join, size) for size in range(1, 7)] + [(tuple, size) for size in range(1, word_order + 1)]
    for joined, size in parts:
        hits = ours_in_all = theirs_in_all = 0
        for pair in pairs:
            ours, theirs = (
                Counter(units[place : place + size] for place in range(len(units) - size + 1))
                for units in (joined(one.split()) for one in pair)
            )
            hits += (ours & theirs).total()
            ours_in_all += ours.total() if theirs else 0
            theirs_in_all += theirs.total()
        if ours_in_all and theirs_in_all:
            scores.append((hits / ours_in_all, hits / theirs_in_all))
    precision, recall = (sum(side) / len(scores) for side in zip(*scores, strict=True))
    return 100 * 5 * precision * recall / (4 * precision + recall) if precision else 0.0


def _value(metric: Metric, pairs: list[tuple[str, str]], **options: Any) -> float:
    assert metric.score is not None
    return metric.aggregate([metric.score(answer, target, **options) for answer, target in pairs])


@given(CORPORA)
def test_bleu_and_chrf_of_random_texts_are_those_of_a_plain_count(pairs: list[tuple[str, str]]) -> None:
    assert _value(translation.bleu, pairs) == pytest.approx(_bleu(pairs))
    assert _value(translation.chrf, pairs) == pytest.approx(_chrf(pairs))
    assert _value(translation.chrf_plus_plus, pairs) == pytest.approx(_chrf(pairs, word_order=2))


@st.composite
def _edited(draw: st.DrawFn) -> tuple[str, str, int]:
    """A reference of words that occur once, what was made of it, and how many edits that took.

    Either a block was moved, or words were replaced and others left out or written behind the last one; no block can
    then be moved to where it belongs.
    """
    size = draw(st.integers(2, 8))
    wanted = [f"w{place}" for place in range(size)]
    if draw(st.booleans()):
        low, middle, high = sorted(draw(st.lists(st.integers(0, size), min_size=3, max_size=3, unique=True)))
        return " ".join(wanted), " ".join([*wanted[:low], *wanted[middle:high], *wanted[low:middle], *wanted[high:]]), 1
    kept = draw(st.lists(st.booleans(), min_size=1, max_size=size))
    said = [wanted[place] if keep else f"x{place}" for place, keep in enumerate(kept)]
    more = [f"y{place}" for place in range(draw(st.integers(0, 2)) if len(kept) == size else 0)]
    return " ".join(wanted), " ".join([*said, *more]), kept.count(False) + size - len(kept) + len(more)


@given(st.lists(_edited(), min_size=1, max_size=4))
def test_ter_counts_words_that_are_changed_and_blocks_that_are_moved(edited: list[tuple[str, str, int]]) -> None:
    edits, size = sum(count for *_, count in edited), sum(len(wanted.split()) for wanted, *_ in edited)
    found = _value(translation.ter, [(said, wanted) for wanted, said, _ in edited])
    assert found == pytest.approx(100 * edits / size)


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), min_size=1, max_size=4))
def test_any_text_gets_the_librarys_score(pairs: list[tuple[str, str]]) -> None:
    predictions, references = (list(side) for side in zip(*pairs, strict=True))
    for metric, scorer in (
        (translation.bleu, sacrebleu.metrics.BLEU()),
        (translation.chrf, sacrebleu.metrics.CHRF()),
        (translation.chrf_plus_plus, sacrebleu.metrics.CHRF(word_order=2)),
        (translation.ter, sacrebleu.metrics.TER()),
    ):
        assert _value(metric, pairs) == scorer.corpus_score(predictions, [references]).score
