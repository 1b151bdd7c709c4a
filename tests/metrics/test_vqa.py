from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.metrics.vqa import anls, edit_distance, plain_answer, vqa_accuracy


def value(metric: object, answer: str, target: object) -> float:
    return float(metric.score(answer, target))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The dog", "dog"),
        ("Two", "2"),
        ("none", "0"),
        ("dont", "don't"),
        ("1,000", "1000"),
        ("red,blue", "red blue"),
        ("red, blue", "red blue"),
        ("yes.", "yes"),
        ("3.5", "3.5"),
        ("  A  man\nand a  dog ", "man and dog"),
        ("what?", "what"),
    ],
)
def test_answers_are_made_plain(text: str, plain: str) -> None:
    assert plain_answer(text) == plain


@pytest.mark.parametrize(
    ("answer", "agreeing", "accuracy"), [("red", 10, 1.0), ("red", 4, 1.0), ("red", 3, 0.9), ("red", 1, 0.3)]
)
def test_agreement_with_ten_annotators(answer: str, agreeing: int, accuracy: float) -> None:
    target = [answer] * agreeing + [f"other {number}" for number in range(10 - agreeing)]
    assert value(vqa_accuracy, answer, target) == pytest.approx(accuracy)
    assert value(vqa_accuracy, "The Red!", target) == pytest.approx(accuracy)
    assert value(vqa_accuracy, "green", target) == 0


def test_a_single_reference_is_matched() -> None:
    assert value(vqa_accuracy, "a cat", "Cat.") == 1
    assert value(vqa_accuracy, "dog", ["cat"]) == 0


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
)
def test_edit_distance(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == distance


@pytest.mark.parametrize(
    ("answer", "target", "similarity"),
    [
        ("Hello", "hello", 1.0),
        ("hell", "hello", 0.8),
        ("help", "hello", 0.6),
        ("h", "hello", 0.0),
        ("ab", "cb", 0.0),
        ("hell", ["bye", "hello"], 0.8),
        ("a   b", "A b", 1.0),
        ("", "", 1.0),
    ],
)
def test_anls(answer: str, target: object, similarity: float) -> None:
    assert value(anls, answer, target) == pytest.approx(similarity)


@given(st.text(max_size=20), st.text(max_size=20))
def test_similarity_is_symmetric_and_bounded(one: str, other: str) -> None:
    assert 0 <= value(anls, one, other) == value(anls, other, one) <= 1
