"""Perplexities."""

from __future__ import annotations

import math

import pytest

from mmeval.metrics import likelihood
from mmeval.types import Metric


def test_perplexity_is_the_exponential_of_the_mean() -> None:
    score = likelihood.perplexity.score
    assert score is not None
    values = [score((-1.0, True), "x"), score((-3.0, False), "y"), score(-2.0, "z")]
    assert values == [-1.0, -3.0, -2.0]
    assert likelihood.perplexity.aggregate(values) == math.exp(2)


@pytest.mark.parametrize(
    ("text", "words", "size"),
    [("one two", 2, 7), (" one two\n", 4, 9), ("", 1, 0), ("a \t\n b", 2, 6), ("été", 1, 5)],
)
def test_words_and_bytes_of_a_text(text: str, words: int, size: int) -> None:
    for metric, weight in (
        (likelihood.word_perplexity, words),
        (likelihood.byte_perplexity, size),
        (likelihood.bits_per_byte, size),
    ):
        assert metric.score is not None
        assert metric.score(-6.5, text) == (-6.5, weight)


def test_rolling_metrics_weigh_texts_by_their_size() -> None:
    values = [(-10.0, 4), (-2.0, 8)]
    assert likelihood.word_perplexity.aggregate(values) == math.exp(1.0)
    assert likelihood.byte_perplexity.aggregate(values) == math.exp(1.0)
    assert likelihood.bits_per_byte.aggregate(values) == pytest.approx(1 / math.log(2))


@pytest.mark.parametrize("uniform", [2, 50_000])
def test_a_uniform_model_has_the_perplexity_of_its_vocabulary(uniform: int) -> None:
    values = [(-size * math.log(uniform), size) for size in (3, 17, 1)]
    assert likelihood.word_perplexity.aggregate(values) == pytest.approx(uniform)


@pytest.mark.parametrize(
    "metric",
    [likelihood.perplexity, likelihood.word_perplexity, likelihood.byte_perplexity, likelihood.bits_per_byte],
)
def test_the_worst_value_makes_any_perplexity_infinite(metric: Metric) -> None:
    other = -1.0 if metric is likelihood.perplexity else (-1.0, 5)
    assert metric.aggregate([other, metric.worst]) == math.inf


def test_what_no_float_can_hold_is_infinite() -> None:
    assert likelihood.perplexity.aggregate([-1e6]) == math.inf


def test_texts_without_any_unit_have_no_value() -> None:
    assert math.isnan(likelihood.byte_perplexity.aggregate([(0.0, 0)]))


def test_token_perplexity_is_of_predicted_tokens() -> None:
    score = likelihood.token_perplexity.score
    assert score is not None
    values = [score(likelihood.TextLogprob(-4 * math.log(7), 4), "a text"), score(-1.0, "of a model that tells none")]
    assert values[1] is None
    assert likelihood.token_perplexity.aggregate(values[:1]) == pytest.approx(7)
