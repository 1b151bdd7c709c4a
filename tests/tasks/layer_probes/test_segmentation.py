"""Stage boundaries on curves whose stages are known."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mmeval_tasks.layer_probes.analysis.segmentation import (
    Channels,
    Thresholds,
    _dynamic,
    breaks_by_bic,
    onset,
    rule_d,
    rule_t,
)

LAYERS, TRUE = 32, (5, 13, 17)
N_TEST = 2400


def made(random: np.random.Generator, draws: int, drops: tuple[float, float, float]) -> Channels:
    """Relative drops of the three families with breaks before 5, 13 and 17, and the noise of 2400 test images."""
    layer = np.arange(1, LAYERS + 1)
    lexical = np.where(layer >= TRUE[0], drops[0], 0.0)
    negation = lexical + np.where(layer >= TRUE[1], drops[1], 0.0)
    fmt = lexical + np.where(layer >= TRUE[2], drops[2], 0.0)
    noise = np.sqrt(0.25 / N_TEST) * 1.5
    return Channels.of_families(
        *(curve + noise * random.standard_normal((draws, LAYERS)) for curve in (lexical, negation, fmt))
    )


def test_both_rules_find_known_breaks() -> None:
    channels = made(np.random.default_rng(0), 200, (0.3, 0.35, 0.3))
    assert (rule_t(channels, Thresholds()) == TRUE).all(1).mean() >= 0.97
    assert (rule_d(channels, np.ones(3)) == TRUE).all(1).mean() >= 0.97


def test_variants_that_equal_the_anchor_have_no_stage() -> None:
    channels = made(np.random.default_rng(1), 200, (0, 0, 0))
    assert (rule_t(channels, Thresholds()) == LAYERS + 1).all()


@pytest.mark.parametrize(("height", "breaks"), [(0.3, 3), (0.0, 0)])
def test_the_number_of_breaks_follows_the_curves(height: float, breaks: int) -> None:
    random, layer = np.random.default_rng(2), np.arange(1, LAYERS + 1)
    found = []
    for _ in range(20):
        curves = (height * (layer >= first) + 0.015 * random.standard_normal((1, LAYERS)) for first in TRUE)
        found.append(breaks_by_bic(Channels.of_effects(*curves), np.ones(3)))
    assert np.median(found) == breaks


@pytest.mark.parametrize(
    ("values", "start", "wanted"),
    [
        ([0, 0.2, 0.2, 0], 1, 2),
        ([0.2, 0, 0.2, 0.2], 1, 3),
        ([0, 0, 0, 0.2], 1, 4),  # fewer at the very end
        ([0.2, 0.2, 0, 0.2], 2, 4),
        ([0.2, 0, 0.2, 0], 1, 5),
        ([0.15, 0.15, 0, 0], 1, 1),
    ],
)
def test_an_onset_holds_for_two_layers(values: list[float], start: int, wanted: int) -> None:
    assert onset(np.array([values]), 0.15, 2, start).tolist() == [wanted]


def test_layers_that_are_not_decodable_count_as_insensitive() -> None:
    lexical = np.array([[np.nan, np.nan, 0.4, 0.4, 0.4, 0.4]])
    nothing = np.where(np.isnan(lexical), np.nan, 0.0)
    channels = Channels.of_families(lexical, nothing, nothing)
    assert rule_t(channels, Thresholds()).tolist() == [[3, 7, 7]]


def test_a_stage_may_be_empty() -> None:
    step = np.array([[0, 0, 0.5, 0.5, 0.5, 0.5]])
    channels = Channels.of_families(0 * step, step, step)
    assert rule_t(channels, Thresholds()).tolist() == [[3, 3, 3]]  # no lexical, no semantic stage


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, (1, 7, 2), elements=st.floats(-1, 1)), st.integers(0, 5))
def test_the_dynamic_programme_is_the_best_of_all_segmentations(signal: np.ndarray, breaks: int) -> None:
    def cost(starts: tuple[int, ...]) -> float:
        ends = [*starts, 7]
        pieces = [signal[0, a:b] for a, b in zip((0, *starts), ends, strict=True)]
        return float(sum(((piece - piece.mean(0)) ** 2).sum() for piece in pieces))

    found, places = _dynamic(signal, breaks)
    best = min(cost(starts) for starts in combinations(range(1, 7), breaks))
    assert found[0] == pytest.approx(best, abs=1e-9)
    assert cost(tuple(places[0] - 1)) == pytest.approx(best, abs=1e-9)
