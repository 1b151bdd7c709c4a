"""Rates of outcomes are shares of the answers that were given."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.metrics.choice import acc
from mmeval.metrics.outcomes import refusal_rate, truncated_rate
from mmeval.metrics.statistics import wilson_interval
from mmeval.metrics.summarize import summarize
from mmeval.types import MetricResult, Outcome, Sample, SampleScore

ENDED = {
    "a": [Outcome.SCORED],
    "b": [Outcome.TRUNCATED],
    "c": [Outcome.REFUSED],
    "d": [Outcome.UNPARSED],
    "e": [Outcome.ERROR],
    "f": [Outcome.TRUNCATED],
}


def rows(ended: dict[str, list[Outcome]]) -> dict[str, MetricResult]:
    scored = [
        SampleScore(name, {"acc": 1.0}, outcome, repeat=repeat)
        for name, outcomes in ended.items()
        for repeat, outcome in enumerate(outcomes)
    ]
    samples = {name: Sample(name, {}, 1, {"kind": "early" if name < "d" else "late"}) for name in ended}
    metrics = [acc, truncated_rate, refusal_rate]
    result = summarize(scored, metrics, samples=samples, slices=["kind"], bootstrap_iters=10)
    late = {f"late {row.metric}": row for row in result.slices["kind"].get("late", ())}
    return {row.metric: row for row in result.metrics} | late


def test_rates_are_shares_with_an_interval_and_bounds() -> None:
    found = rows(ENDED)
    assert found["acc"].value == 1.0, "what was scored all the same is kept"
    truncated, refused = found["truncated_rate"], found["refusal_rate"]
    assert (truncated.value, truncated.n, truncated.total) == (0.4, 5, 6), "a sample that was lost is not counted"
    assert truncated.stderr == pytest.approx((0.4 * 0.6 / 4) ** 0.5)
    assert truncated.interval == wilson_interval(0.4, 5)
    assert truncated.bounds == pytest.approx((2 / 6, 3 / 6))
    assert (refused.value, refused.higher_is_better) == (0.2, False)
    assert (found["late truncated_rate"].value, found["late refusal_rate"].value) == (0.5, 0.0)


def test_repeats_are_counted_one_by_one() -> None:
    cut, whole = Outcome.TRUNCATED, Outcome.SCORED
    found = rows({"a": [cut, whole, whole, whole], "b": [cut, cut, Outcome.ERROR, Outcome.REFUSED]})
    assert found["truncated_rate"].value == pytest.approx((1 / 4 + 2 / 3) / 2)
    assert found["refusal_rate"].value == pytest.approx((0 + 1 / 3) / 2)


def test_a_value_that_a_task_gives_does_not_replace_the_outcome() -> None:
    scored = [SampleScore("a", {"truncated_rate": 0.0}, Outcome.TRUNCATED)]
    assert summarize(scored, [truncated_rate], samples={"a": Sample("a", {})}).metrics[0].value == 1.0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=4), min_size=1, max_size=8))
def test_rates_of_random_ends_are_a_plain_count(ended: list[list[Outcome]]) -> None:
    found = rows({f"s{place}": outcomes for place, outcomes in enumerate(ended)})
    answered = [[one for one in outcomes if one not in (Outcome.ERROR, Outcome.SKIPPED)] for outcomes in ended]
    answered = [outcomes for outcomes in answered if outcomes]
    for metric, outcome in ((truncated_rate, Outcome.TRUNCATED), (refusal_rate, Outcome.REFUSED)):
        shares = [Fraction(outcomes.count(outcome), len(outcomes)) for outcomes in answered]
        wanted = float(sum(shares) / len(shares)) if shares else math.nan
        assert found[metric.name].value == pytest.approx(wanted, nan_ok=True)
        assert found[metric.name].n == len(shares)
