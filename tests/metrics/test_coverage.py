"""Simulations: intervals hold the truth as often as they say, and equal models are not told apart."""

from __future__ import annotations

import pytest

from benchmarks.coverage import (
    MODELS,
    NULLS,
    SHARES,
    accuracy_coverage,
    clustered_coverage,
    f1_coverage,
    false_positives,
    family_errors,
    held,
    null,
    power,
)

pytestmark = pytest.mark.slow

ROUNDS = 1000
CHANCE = 3 * (0.05 * 0.95 / ROUNDS) ** 0.5
"""Three standard errors of a rate of 5 %."""


def test_accuracy() -> None:
    """Over the whole range, not simulated: what is left is that right answers are counted in whole ones."""
    coverages = [accuracy_coverage(500, percent / 100) for percent in range(20, 81)]
    assert 0.94 <= min(coverages) <= max(coverages) <= 0.96


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("per_cluster", [5, 40])
def test_clustered_accuracy(share: float, per_cluster: int) -> None:
    assert 0.93 <= clustered_coverage(500, share, per_cluster, 10 * ROUNDS) <= 0.97


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("share", SHARES)
def test_f1(share: float, model: tuple[float, float]) -> None:
    assert 0.93 <= f1_coverage(500, share, model, ROUNDS // 2) <= 0.97


@pytest.mark.parametrize("kind", list(NULLS))
def test_equal_models_are_not_told_apart(kind: str) -> None:
    found = null(kind, 400, 0.4, ROUNDS)
    assert false_positives(found) <= 0.05 + CHANCE
    assert family_errors(found, 5) <= 0.05 + CHANCE * 5**0.5
    assert held(found) >= 0.93 - CHANCE


def test_the_difference_that_can_be_shown_is_found_four_times_of_five() -> None:
    assert 0.74 <= power(1000, 0.2, 1.0, ROUNDS) <= 0.84
    assert power(1000, 0.2, 0.5, ROUNDS) < 0.4
    assert power(1000, 0.2, 1.5, ROUNDS) > 0.95
