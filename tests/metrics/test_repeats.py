"""pass@k and majority votes, against counting."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.metrics.aggregations import median
from mmeval.metrics.choice import acc, brier_score
from mmeval.metrics.repeats import across_repeats, majority, pass_at
from mmeval.types import Metric, Outcome, SampleScore


def scores(*values: Any, answers: Sequence[Any] | None = None, **more: Any) -> list[SampleScore]:
    return [
        SampleScore("q", {} if value is None else {"acc": value}, answer=answers[place] if answers else value, **more)
        for place, value in enumerate(values)
    ]


def derived(*samples: list[SampleScore], metric: Metric = acc) -> list[dict[str, float]]:
    return [dict(score.values) for (score,) in across_repeats([metric], samples)[1]]


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(1, n), st.integers(0, n), st.just(n))))
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_answer(case: tuple[int, int, int]) -> None:
    k, right, n = case
    draws = list(itertools.combinations([True] * right + [False] * (n - right), k))
    assert pass_at(k, right, n) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_every_power_of_two_and_the_number_of_answers() -> None:
    metrics, _ = across_repeats([acc], [scores(*[1.0] * 6)])
    assert [metric.name for metric in metrics] == ["acc_pass@2", "acc_pass@4", "acc_pass@6", "acc_maj@6"]
    assert [metric.name for metric in across_repeats([acc], [scores(1.0, 0.0)])[0]] == ["acc_pass@2", "acc_maj@2"]
    assert [metric.name for metric in across_repeats([acc], [scores(*[1.0] * 4)])[0]][:2] == [
        "acc_pass@2",
        "acc_pass@4",
    ]


def test_values_of_a_sample() -> None:
    (found,) = derived(scores(1.0, 0.0, 0.0, 1.0, answers=["4", "5", "5", "4"]))
    assert found == pytest.approx({"acc_pass@2": 5 / 6, "acc_pass@4": 1.0, "acc_maj@4": 1.0})


def test_lost_answers_leave_the_denominator() -> None:
    lost = SampleScore("q", {}, Outcome.ERROR)
    few, none = derived([*scores(1.0, 0.0, 0.0), lost], [lost] * 4)
    assert few == pytest.approx({"acc_pass@2": 2 / 3, "acc_maj@4": 0.0})
    assert none == {}


def test_an_answer_that_was_not_found_is_wrong() -> None:
    (found,) = derived(scores(None, None, 1.0, answers=[None, None, "4"]))
    assert found == pytest.approx({"acc_pass@2": 2 / 3, "acc_pass@3": 1.0, "acc_maj@3": 1.0})


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        (["a", "b", "b"], 1),
        (["a", "b"], 0),
        ([None, None, "b"], 2),
        ([None, None], 0),
        ([["x", 1], ["y"], ["y"]], 1),
    ],
)
def test_the_majority(answers: list[Any], chosen: int) -> None:
    given = [SampleScore("q", {}, answer=answer, repeat=place) for place, answer in enumerate(answers)]
    assert majority(given).repeat == chosen


@pytest.mark.parametrize(
    ("metric", "samples"),
    [
        (acc, [scores(1.0), scores(0.0)]),
        (acc, [scores(0.5, 1.0)]),
        (brier_score, [scores(1.0, 0.0)]),
        (Metric("acc", median), [scores(1.0, 0.0)]),
        (Metric("acc", acc.aggregate, higher_is_better=False), [scores(1.0, 0.0)]),
    ],
)
def test_where_there_is_nothing_to_add(metric: Metric, samples: list[list[SampleScore]]) -> None:
    assert across_repeats([metric], samples)[0] == []


def test_without_answers_there_is_no_vote() -> None:
    metrics, _ = across_repeats([acc], [scores(1.0, 0.0, answers=[None, None])])
    assert [metric.name for metric in metrics] == ["acc_pass@2"]
