"""Entity F1 against seqeval and nervaluate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.metrics import entities
from mmeval.types import Metric

seqeval = pytest.importorskip("seqeval.metrics")
scheme = pytest.importorskip("seqeval.scheme")
nervaluate = pytest.importorskip("nervaluate")

TAGS = st.sampled_from(["O", "O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"])
SENTENCE = st.integers(1, 8).flatmap(lambda size: st.tuples(*[st.lists(TAGS, min_size=size, max_size=size)] * 2))
CORPUS = st.lists(SENTENCE, min_size=1, max_size=6)


def _value(metric: Metric, corpus: list[tuple[list[str], list[str]]]) -> float:
    assert metric.score is not None
    return metric.aggregate([metric.score(predicted, gold) for predicted, gold in corpus])


@settings(deadline=None)
@given(CORPUS)
@pytest.mark.filterwarnings("ignore")  # seqeval warns where one side is empty
def test_f1_is_seqevals_over_the_corpus(corpus: list[tuple[list[str], list[str]]]) -> None:
    predicted, gold = ([list(side) for side in sides] for sides in zip(*corpus, strict=True))
    strict = {"mode": "strict", "scheme": scheme.IOB2, "zero_division": 0}
    found = _value(entities.entity_f1, corpus)
    if not math.isnan(found):
        assert found == pytest.approx(seqeval.f1_score(gold, predicted, **strict))
        assert _value(entities.entity_precision, corpus) == pytest.approx(
            seqeval.precision_score(gold, predicted, **strict)
        )
    recall = _value(entities.entity_recall, corpus)
    if not math.isnan(recall):
        assert recall == pytest.approx(seqeval.recall_score(gold, predicted, **strict))
    conll = _value(entities.entity_f1_conll, corpus)
    if not math.isnan(conll):
        assert conll == pytest.approx(seqeval.f1_score(gold, predicted, zero_division=0))


@settings(deadline=None, max_examples=40)
@given(CORPUS)
def test_overlaps_are_nervaluates_over_the_corpus(corpus: list[tuple[list[str], list[str]]]) -> None:
    predicted, gold = ([list(side) for side in sides] for sides in zip(*corpus, strict=True))
    evaluator = nervaluate.Evaluator(gold, predicted, tags=["PER", "ORG", "LOC"], loader="list")
    overall = evaluator.evaluate()["overall"]
    for name, match in (("partial", "partial"), ("type", "ent_type"), ("exact", "exact")):
        found = _value(getattr(entities, f"entity_f1_{name}"), corpus)
        if not math.isnan(found):
            assert found == pytest.approx(overall[match].f1), name


GOLD = ["B-ORG", "I-ORG", "O", "B-PER"]


@pytest.mark.parametrize(
    ("tags", "strict", "conll", "partial"),
    [
        ("I-ORG I-ORG O B-PER", 2 / 3, 1.0, 1.0),
        ("B-ORG I-PER O B-PER", 0.5, 0.4, 0.6),
        ("B-ORG O O B-PER", 0.5, 0.5, 0.75),
    ],
)
def test_where_readers_of_tags_differ(tags: str, strict: float, conll: float, partial: float) -> None:
    corpus = [(tags.split(), GOLD)]
    found = [_value(getattr(entities, name), corpus) for name in ("entity_f1", "entity_f1_conll", "entity_f1_partial")]
    assert found == pytest.approx([strict, conll, partial])


def test_no_answer_misses_everything_and_no_entities_have_no_score() -> None:
    assert entities.entity_f1.score is not None
    assert entities.entity_f1.score(None, GOLD) == (0, 0, 2)
    assert math.isnan(entities.entity_f1.aggregate([(0, 0, 0)]))
