"""F1 and recall over declared labels: against scikit-learn, and the cases in which evaluators differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.errors import UsageError
from mmeval.metrics import labels
from mmeval.metrics.additive import Summed
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.types import Metric

sklearn_metrics = pytest.importorskip("sklearn.metrics")
preprocessing = pytest.importorskip("sklearn.preprocessing")

NAMES = ["a", "b", "c", "d"]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([*NAMES, None, "other"])), min_size=1, max_size=40)
SUBSETS = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)


def _value(metric: Metric, pairs: list[tuple[Any, Any]], names: list[str]) -> float:
    assert metric.score is not None
    return metric.aggregate([metric.score(predicted, gold, labels=names) for gold, predicted in pairs])


@settings(deadline=None)
@given(PAIRS)
@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
def test_f1_is_scikit_learns_over_all_labels(average: str, pairs: list[tuple[str, str | None]]) -> None:
    golds = [gold for gold, _ in pairs]
    predicted = [label if label in NAMES else "~" for _, label in pairs]
    wanted = sklearn_metrics.f1_score(golds, predicted, labels=NAMES, average=average, zero_division=0)
    metric: Metric = getattr(labels, f"f1_{average}")
    assert _value(metric, list(pairs), NAMES) == pytest.approx(wanted, abs=1e-12)


@settings(deadline=None)
@given(PAIRS)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
def test_balanced_accuracy_is_scikit_learns(pairs: list[tuple[str, str | None]]) -> None:
    golds = [gold for gold, _ in pairs]
    predicted = [label if label in NAMES else "~" for _, label in pairs]
    wanted = sklearn_metrics.balanced_accuracy_score(golds, predicted)
    assert _value(labels.balanced_acc, list(pairs), NAMES) == pytest.approx(wanted, abs=1e-12)


def test_an_answer_without_a_label_is_a_miss_and_claims_nothing() -> None:
    names = ["pos", "neg", "neu"]
    pairs = list(
        zip(["pos", "pos", "neg", "neg", "neu", "neu"], ["pos", None, "neg", "pos", "neu", "neu"], strict=True)
    )
    assert _value(labels.f1_macro, pairs, names) == pytest.approx(0.7222, abs=5e-5)
    assert _value(labels.f1_micro, pairs, names) == pytest.approx(0.7273, abs=5e-5)


def test_a_declared_label_that_never_occurs_counts_in_the_macro_average() -> None:
    assert _value(labels.f1_macro, [("a", "a"), ("b", "b")], NAMES) == pytest.approx(0.5)


def test_options_of_multiple_choice_are_labels_by_name() -> None:
    assert labels.f1_macro.score is not None
    answer = ChoiceAnswer((-3.0, -1.0), (False, True), ("yes", "no"))
    assert labels.f1_macro.score(answer, 0) == ("yes", "no", 2)


def test_a_macro_average_needs_declared_labels() -> None:
    with pytest.raises(UsageError, match="declared labels"):
        labels.f1_macro.aggregate([("a", "a", None)])


def test_a_target_outside_the_labels_is_an_error() -> None:
    with pytest.raises(ValueError, match="'x' is not among the labels"):
        _value(labels.f1_weighted, [("x", "a")], NAMES)


def test_f1_by_group_is_a_plain_mean_over_groups() -> None:
    values = [("one", "a", "a"), ("one", "a", "a"), ("one", "b", "b"), ("two", "a", "b")]
    assert labels.f1_by_group.aggregate(values) == pytest.approx(0.5)


def _multilabel(metric: Metric, pairs: list[tuple[list[str], list[str] | None]], none: bool) -> float:
    assert metric.score is not None
    return metric.aggregate([metric.score(answer, gold, labels=NAMES, none=none) for gold, answer in pairs])


@settings(deadline=None)
@given(st.lists(st.tuples(SUBSETS, SUBSETS), min_size=1, max_size=30), st.booleans())
@pytest.mark.parametrize("average", ["micro", "macro"])
def test_multilabel_f1_is_scikit_learns(average: str, pairs: list[tuple[list[str], list[str]]], none: bool) -> None:
    columns = [*NAMES, "none"] if none else NAMES
    sides = [[side or (["none"] if none else []) for side in sides] for sides in zip(*pairs, strict=True)]
    golds, predicted = (preprocessing.MultiLabelBinarizer(classes=columns).fit_transform(side) for side in sides)
    wanted = sklearn_metrics.f1_score(golds, predicted, average=average, zero_division=0)
    metric: Metric = getattr(labels, f"multilabel_f1_{average}")
    assert _multilabel(metric, list(pairs), none) == pytest.approx(wanted, abs=1e-12)


def test_no_answer_is_not_the_answer_none() -> None:
    assert _multilabel(labels.multilabel_f1_micro, [([], [])], none=True) == 1.0
    assert _multilabel(labels.multilabel_f1_micro, [([], None)], none=True) == 0.0


def test_values_read_back_from_a_log_are_the_same() -> None:
    assert labels.multilabel_f1_micro.aggregate([[["a"], ["a", "b"], 5]]) == pytest.approx(2 / 3)
    assert labels.f1_macro.aggregate([["a", None, 2], ["b", "b", 2]]) == pytest.approx(0.5)


def test_a_target_outside_the_options_is_wrong() -> None:
    """As accuracy counts it; and -1 is no option from the end."""
    options = ("yes", "no")
    said = ChoiceAnswer((-1.0, -2.0), (True, False), options)
    for metric in (labels.f1_weighted, labels.f1_macro, labels.f1_micro, labels.balanced_acc):
        assert metric.score is not None
        assert metric.score(said, -100) == metric.score(said, -1) == (None, "yes", 2)
        assert metric.aggregate([(None, "yes", 2)]) == 0.0
        assert isinstance(metric.aggregate, Summed)
        right, outside = ("yes", "yes", 2), (None, "yes", 2)
        both = metric.aggregate.additive.finish(metric.aggregate.additive.count([[right, outside]]))
        assert metric.aggregate([right, outside]) == pytest.approx(float(both[0]))
    assert labels.f1_micro.aggregate([("yes", "yes", 2), (None, "yes", 2)]) == pytest.approx(2 / 3)


def test_the_largest_number_of_options_is_declared() -> None:
    values = [("a", "a", 2), ("b", "b", 4)]
    assert labels.f1_macro.aggregate(values) == labels.f1_macro.aggregate(values[::-1]) == 0.5


GROUPED = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(NAMES), st.sampled_from([*NAMES, None])), min_size=1, max_size=30
)


@settings(deadline=None)
@given(GROUPED)
def test_f1_by_group_is_the_mean_of_scikit_learns(values: list[tuple[str, str, str | None]]) -> None:
    wanted = []
    for group in {group for group, _, _ in values}:
        golds = [gold for name, gold, _ in values if name == group]
        said = [label or "~" for name, _, label in values if name == group]
        wanted.append(
            sklearn_metrics.f1_score(golds, said, labels=sorted(set(golds)), average="weighted", zero_division=0)
        )
    assert labels.f1_by_group.aggregate(values) == pytest.approx(sum(wanted) / len(wanted))
    assert isinstance(labels.f1_by_group.aggregate, Summed)
    additive = labels.f1_by_group.aggregate.additive
    sums = additive.count([[value] for value in values]).sum(axis=0, keepdims=True)
    assert float(additive.finish(sums)[0]) == pytest.approx(sum(wanted) / len(wanted))


@settings(deadline=None)
@given(st.lists(st.tuples(SUBSETS, st.one_of(st.none(), SUBSETS)), min_size=1, max_size=20), st.booleans())
def test_several_labels_are_resampled_by_sums(pairs: list[tuple[list[str], list[str] | None]], none: bool) -> None:
    values = [labels.multilabelled(said, gold, labels=NAMES, none=none) for gold, said in pairs]
    for metric in (labels.multilabel_f1_micro, labels.multilabel_f1_macro):
        assert isinstance(metric.aggregate, Summed)
        sums = metric.aggregate.additive.count([[value] for value in values]).sum(axis=0, keepdims=True)
        assert float(metric.aggregate.additive.finish(sums)[0]) == pytest.approx(metric.aggregate(values))
