"""Tokens are counted once for each answer that was made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mmeval.engine.plan import Plan
from mmeval.engine.usage import usage
from mmeval.types import Failure, Generation, Likelihoods, Request, Response, RollingLikelihood

from .doubles import Words, planned


def answered(plan: Plan, answer: Callable[[Request], Response]) -> Plan:
    plan.unanswered({request.key: answer(request) for trial in plan.trials for request in trial.requests})
    return plan


@pytest.mark.parametrize(("temperature", "answers"), [(0.0, 2), (1.0, 3)])
def test_shared_answers_count_once_and_sampled_ones_each(temperature: float, answers: int) -> None:
    plan = answered(planned(Words(["x", "y", "x"], temperature=temperature)), lambda _: Generation("", "stop", 5, 3))
    assert usage(plan, {}) == {"model": {"answers": answers, "prompt_tokens": 5 * answers, "tokens": 3 * answers}}


def test_failures_and_unknown_counts_are_no_tokens() -> None:
    responses = iter([Failure("x"), Generation("a"), Likelihoods((-1.0,), (True,), 7, 2), RollingLikelihood(-1.0, 4)])
    plan = answered(planned(Words(["a", "b", "c", "d"])), lambda _: next(responses))
    assert usage(plan, {}) == {"model": {"answers": 3, "prompt_tokens": 7, "tokens": 6}}


def test_prices_are_per_million_tokens() -> None:
    plan = answered(planned(Words(["a"])), lambda _: Generation("", "stop", 2_000_000, 500_000))
    prices = {"model": {"prompt": 0.5, "completion": 3.0}, "judge": {"prompt": 1.0, "completion": 1.0}}
    assert usage(plan, prices)["model"]["cost"] == 2.5
    assert "judge" not in usage(plan, prices)


def test_what_is_not_answered_yet_is_not_counted() -> None:
    assert usage(planned(Words()), {}) == {}
