"""f1 and mcc against scikit-learn and by hand."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.metrics.classification import f1, mcc

sklearn_metrics = pytest.importorskip("sklearn.metrics")

BINARY = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40)
CLASSES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=40)


@settings(deadline=None)
@given(BINARY)
def test_f1_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    golds, predicted = zip(*pairs, strict=True)
    assert f1.aggregate(pairs) == sklearn_metrics.f1_score(golds, predicted, zero_division=0)


@settings(deadline=None)
@given(CLASSES)
@pytest.mark.filterwarnings("ignore:A single label")
def test_mcc_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    golds, predicted = zip(*pairs, strict=True)
    assert mcc.aggregate(pairs) == pytest.approx(sklearn_metrics.matthews_corrcoef(golds, predicted), abs=1e-12)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1, 1), (1, None), (0, 0)], 2 / 3),  # a miss of class 1
        ([(1, 1), (0, None), (0, 0)], 1.0),  # neither class was claimed
        ([(1, None), (0, None)], 0.0),
        ([(0, 0)], 0.0),
    ],
)
def test_f1_without_an_answer(pairs: list[tuple[Any, Any]], expected: float) -> None:
    assert f1.aggregate(pairs) == pytest.approx(expected)


def test_mcc_takes_no_answer_as_a_class() -> None:
    expected = sklearn_metrics.matthews_corrcoef([0, 1, 1, 0], [0, 1, 2, 1])
    assert mcc.aggregate([(0, 0), (1, 1), (1, None), (0, 1)]) == pytest.approx(expected)


def test_mcc_of_a_single_class_is_zero_without_a_warning() -> None:
    assert mcc.aggregate([("a", "a"), ("a", "a")]) == 0.0


@pytest.mark.parametrize("pairs", [[(0, 1), (2, 2)], [("yes", "no")]])
def test_f1_is_of_two_classes(pairs: list[tuple[Any, Any]]) -> None:
    with pytest.raises(UsageError, match="classes 0 and 1"):
        f1.aggregate(pairs)


def test_a_sample_without_an_answer_is_scored_as_a_pair() -> None:
    assert f1.score is not None
    assert f1.score(None, 1) == (1, None)


def test_missing_scikit_learn_names_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(MissingRequirementError, match="scikit-learn") as caught:
        f1.aggregate([(0, 1)])
    assert caught.value.hint == "pip install 'mmeval-harness[metrics]'"
