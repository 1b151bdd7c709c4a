"""Simulations: intervals hold the truth as often as they say, and equal models are not told apart."""

from __future__ import annotations

import random

import pytest

from benchmarks.coverage import (
    CLUSTERS,
    MODELS,
    NULLS,
    SHARES,
    SPREADS,
    accuracy_coverage,
    clustered_coverage,
    clustered_pairs,
    f1_coverage,
    family_errors,
    held,
    null,
    over_tasks_coverage,
    power,
    told_apart,
)
from mmeval.metrics.additive import Groups
from mmeval.metrics.aggregations import mean
from mmeval.metrics.paired import Pairs
from mmeval.report.compare.evidence import evidence

pytestmark = pytest.mark.slow

ROUNDS = 1000
TASKS = 5


def limit(trials: int) -> float:
    """The most that a rate of 5 % shows in so many trials: three standard errors more."""
    return 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


def test_accuracy() -> None:
    """Over the whole range, not simulated: what is left is that right answers are counted in whole ones."""
    coverages = [accuracy_coverage(500, percent / 100) for percent in range(20, 81)]
    assert 0.94 <= min(coverages) <= max(coverages) <= 0.96


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("sizes", CLUSTERS.values(), ids=CLUSTERS)
def test_clustered_accuracy(share: float, sizes: list[int]) -> None:
    assert 0.93 <= clustered_coverage(sizes, share, 10_000) <= 0.97


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("share", SHARES)
def test_f1(share: float, model: tuple[float, float]) -> None:
    assert 0.93 <= f1_coverage(500, share, model, ROUNDS // 2) <= 0.97


@pytest.mark.parametrize("tasks", [2, 3, 5, 10])
@pytest.mark.parametrize(("spread", "most"), list(zip(SPREADS, (0.998, 0.98, 0.97), strict=True)))
def test_means_over_tasks(tasks: int, spread: float, most: float) -> None:
    """As often as they say where tasks differ; more often where they do not, for they may agree by luck."""
    assert 0.93 <= over_tasks_coverage(tasks, spread, 2 * ROUNDS) <= most


def test_weighted_means_over_tasks() -> None:
    assert over_tasks_coverage(5, 0.2, ROUNDS, (10, 5, 2, 1, 1)) >= 0.93


@pytest.mark.parametrize("kind", list(NULLS))
def test_equal_models_are_not_told_apart(kind: str) -> None:
    found = null(kind, 400, 0.4, 2 * ROUNDS)
    families = len(found) // TASKS
    assert told_apart(found) <= limit(len(found))
    assert family_errors(found, TASKS) <= limit(families)
    assert held(found) >= 0.93


def test_without_a_correction_one_of_five_tasks_is_told_apart_too_often() -> None:
    """The limit above is one that can be crossed."""
    found = null("accuracy", 400, 0.4, ROUNDS)
    families = [found[start : start + TASKS] for start in range(0, len(found), TASKS)]
    uncorrected = mean([float(told_apart(family) > 0) for family in families])
    assert uncorrected > limit(len(families))


def test_samples_of_a_cluster_taken_for_independent_ones_are_told_apart_too_often() -> None:
    rng = random.Random(1)
    pairs = [clustered_pairs(rng, 400, 0.4) for _ in range(ROUNDS // 5)]
    found = [evidence(Pairs(mean, *(_single(side) for side in (each.one, each.other))), 2) for each in pairs]
    assert told_apart(found) > limit(len(found))


def _single(groups: Groups) -> Groups:
    return [[value] for group in groups for value in group]


def test_the_difference_that_can_be_shown_is_found_four_times_of_five() -> None:
    assert 0.74 <= power(1000, 0.2, 1.0, ROUNDS) <= 0.84
    assert power(1000, 0.2, 0.5, ROUNDS) < 0.4
    assert power(1000, 0.2, 1.5, ROUNDS) > 0.95
