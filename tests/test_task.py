from __future__ import annotations

from collections.abc import Sequence

import pytest

from mmeval.task import Answered, score_one
from mmeval.types import Failure, Generation, Likelihoods, Outcome, Response, Sample, SampleScore

from .engine.doubles import Words

SAMPLE = Sample("s", {})


def right(sample: Sample, responses: Sequence[Response]) -> SampleScore:
    return SampleScore(sample.sample_id, {"acc": 1.0})


def unparsed(sample: Sample, responses: Sequence[Response]) -> SampleScore:
    return SampleScore(sample.sample_id, {}, Outcome.UNPARSED, reason="no answer")


def broken(sample: Sample, responses: Sequence[Response]) -> SampleScore:
    raise ZeroDivisionError("oh")


@pytest.mark.parametrize(
    ("score", "response", "outcome", "values"),
    [
        (right, Generation("x"), Outcome.SCORED, {"acc": 1.0}),
        (right, Generation("x", "length"), Outcome.TRUNCATED, {"acc": 1.0}),
        (right, Generation("x", truncated=3), Outcome.TRUNCATED, {"acc": 1.0}),
        (right, Likelihoods((-1.0,), (True,), truncated=1), Outcome.TRUNCATED, {"acc": 1.0}),
        (right, Generation("", "refusal"), Outcome.REFUSED, {"acc": 1.0}),
        (unparsed, Generation("x"), Outcome.UNPARSED, {}),
        (unparsed, Generation("x", "length"), Outcome.TRUNCATED, {}),
        (right, Failure("boom"), Outcome.ERROR, {}),
        (right, Failure("gone", skip=True), Outcome.SKIPPED, {}),
        (broken, Generation("x"), Outcome.ERROR, {}),
    ],
)
def test_how_a_trial_ends(score, response, outcome, values) -> None:  # type: ignore[no-untyped-def]
    scored = score_one(score, SAMPLE, [response])
    assert (scored.outcome, dict(scored.values)) == (outcome, values)


def test_the_cause_is_kept() -> None:
    assert score_one(broken, SAMPLE, [Generation("x")]).reason == "ZeroDivisionError: oh"
    assert score_one(right, SAMPLE, [Failure("boom")]).reason == "boom"


def test_score_all_scores_each_repeat() -> None:
    task = Words(["a"])
    sample = next(task.samples())
    scores = list(task.score_all([Answered(sample, [[Generation("A")], [Generation("b")]])]))
    assert [(score.repeat, score.values["acc"]) for score in scores] == [(0, 1.0), (1, 0.0)]
