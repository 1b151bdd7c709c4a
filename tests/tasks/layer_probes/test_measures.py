from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mmeval.probing import Predictions
from mmeval_tasks.layer_probes.analysis.measures import (
    Curves,
    factor_effects,
    geometry,
    interval,
    mcnemar_holm,
    mean_over,
    nan_mean,
    spearman,
)


def predictions(correct: np.ndarray) -> Predictions:
    labels = np.zeros(correct.shape[1], dtype=np.int64)
    ones = np.ones(correct.shape, dtype=np.float32)
    return Predictions(labels, np.where(correct, 0, 1), ones, -ones, np.where(correct, 0, 1))


def curves(shares: list[list[float]], inputs: int = 400, classes: int = 4, draws: int = 200) -> Curves:
    """Prompts by layers of accuracies."""
    order = np.arange(inputs)
    right = np.array([[order < share * inputs for share in row] for row in shares])
    return Curves(right[None], order % classes, classes, draws)


def test_relative_drops_are_of_what_the_anchor_has_above_chance() -> None:
    found = curves([[0.25, 0.75, 0.85], [0.25, 0.5, 0.25]]).relative_drop
    assert np.isnan(found[0, 0])  # not decodable yet
    assert found[0, 1:] == pytest.approx([0.5, 1.0])


def test_relative_drops_are_clipped() -> None:
    found = curves([[0.35, 0.5], [0.0, 1.0]]).relative_drop
    assert found[0] == pytest.approx([1.5, -0.5])


def test_draws_are_paired_over_prompts() -> None:
    same = curves([[0.6, 0.7], [0.6, 0.7]])
    assert np.array_equal(same.replicates[:, 0], same.replicates[:, 1])
    low, high = interval(same.replicates)
    assert (low < same.accuracy).all()
    assert (same.accuracy < high).all()


def test_means_over_nothing_are_not_numbers() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    assert nan_mean(values.T).tolist()[0] == 2.0
    assert np.isnan(nan_mean(values.T)[1])
    assert np.isnan(mean_over(values[None], [])).all()


def test_factor_effects_are_found_again() -> None:
    codes = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1], [0, 1, 1, 1]])
    effects = np.array([[0.1, 0.2], [0.0, 0.1], [0.5, 0.4], [0.3, 0.0]])
    assert factor_effects(codes @ effects, codes.astype(float)) == pytest.approx(effects)


def test_paired_tests_are_corrected_over_layers_and_variants() -> None:
    right = np.ones((2, 40), dtype=bool)
    worse = right.copy()
    worse[1, :20] = False
    found = mcnemar_holm(predictions(right), [predictions(right), predictions(worse)])
    assert found[0].tolist() == [1, 1]
    assert found[1, 0] == 1
    assert found[1, 1] == pytest.approx(4 * stats.binomtest(0, 20).pvalue)


def test_geometry_of_a_translation_and_of_noise() -> None:
    random = np.random.default_rng(0)
    anchor = random.standard_normal((2, 60, 5)).astype(np.float32)
    variant = np.stack([anchor[0] + 3, random.standard_normal((60, 5))]).astype(np.float32)
    found = geometry(anchor, variant, np.arange(60) % 3)
    assert found.cka[0] == pytest.approx(1)
    assert found.cka[1] < 0.3
    assert found.shift[0] > 2 > found.shift[1]
    wide = geometry(anchor[:, :4], variant[:, :4], np.arange(4) % 2)
    assert wide.cka[0] == pytest.approx(1)


def test_rank_correlation_is_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    values, right = random.standard_normal(50).round(1), (random.random(50) < 0.4).astype(float)
    assert spearman(values, right) == pytest.approx(stats.spearmanr(values, right).statistic)
    assert np.isnan(spearman(values, np.ones(50)))
