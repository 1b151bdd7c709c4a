"""The rules of multiple choice (section 10.4 of the lm-eval sheet)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given as random
from hypothesis import settings
from hypothesis import strategies as st

from mmeval.metrics import choice
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.metrics.classification import f1
from mmeval.metrics.text import exact_match
from mmeval.types import Metric


def answer(*logprobs: float, choices: tuple[str, ...] = (), **more: Any) -> ChoiceAnswer:
    texts = choices or tuple("abcdef"[: len(logprobs)])
    return ChoiceAnswer(logprobs, more.pop("greedy", (False,) * len(logprobs)), texts, **more)


PLAIN = answer(-3.0, -1.0, -2.0)
TIED = answer(-1.0, -1.0)
LONG = answer(-2.0, -3.0, choices=("yes", "certainly"))
WIDE = answer(-2.0, -3.5, choices=("été!", "abcdefg"))
EMPTY = answer(-2.0, -9.0, choices=("", "b"))
INFORMED = answer(-1.0, -2.0, unconditional=(-1.0, -5.0))
GREEDY = answer(-1.0, -2.0, -3.0, greedy=(True, False, True))


@pytest.mark.parametrize(
    ("metric", "given", "gold", "expected"),
    [
        (choice.acc, PLAIN, 1, 1.0),
        (choice.acc, PLAIN, 2, 0.0),
        (choice.acc, PLAIN, (0, 1), 1.0),
        (choice.acc, PLAIN, (0, 2), 0.0),
        (choice.acc, PLAIN, -100, 0.0),
        (choice.acc, PLAIN, (-100, 1), 1.0),
        (choice.acc, TIED, 0, 1.0),
        (choice.acc, TIED, 1, 0.0),
        (choice.acc, (-0.5, True), "Paris", 1.0),
        (choice.acc, (-0.5, False), "Paris", 0.0),
        (choice.acc_norm, LONG, 1, 1.0),
        (choice.acc_norm, EMPTY, 1, 1.0),
        # per character 0.5 and 0.5 (the first wins); per byte 0.33 and 0.5
        (choice.acc_norm, WIDE, 0, 1.0),
        (choice.acc_bytes, WIDE, 0, 1.0),
        (choice.acc_bytes, answer(-2.0, -1.5, choices=("éé", "ab")), 0, 1.0),
        (choice.acc_norm, answer(-2.0, -1.5, choices=("éé", "ab")), 1, 1.0),
        (choice.acc_mutual_info, INFORMED, 1, 1.0),
        (choice.acc_mutual_info, PLAIN, 1, 1.0),
        (choice.acc, INFORMED, 0, 1.0),
        (exact_match, GREEDY, 0, 1.0),
        (exact_match, GREEDY, 1, 0.0),
        (exact_match, GREEDY, (1, 2), 1.0),
        (exact_match, GREEDY, -100, 0.0),
        (f1, PLAIN, 0, (0, 1)),
        (choice.likelihood, PLAIN, 2, (2, (-3.0, -1.0, -2.0))),
    ],
)
def test_score(metric: Metric, given: Any, gold: Any, expected: Any) -> None:
    assert metric.score is not None
    assert metric.score(given, gold) == expected


OPTIONS = st.lists(
    st.tuples(
        st.text("aé漢 ", min_size=1, max_size=6), st.integers(1, 9), st.floats(-50, -0.01), st.floats(-50, -0.01)
    ),
    min_size=2,
    max_size=6,
)


@settings(deadline=None)
@random(OPTIONS)
def test_the_chosen_options_are_numpys(options: list[tuple[str, int, float, float]]) -> None:
    numpy = pytest.importorskip("numpy")
    texts, tokens, logprobs, alone = zip(*options, strict=True)
    made = answer(*logprobs, choices=texts, unconditional=alone, tokens=tokens)
    scores = numpy.asarray(logprobs)
    wanted = {
        choice.acc: scores,
        choice.acc_norm: scores / numpy.array([len(text) for text in texts]),
        choice.acc_bytes: scores / numpy.array([len(text.encode()) for text in texts]),
        choice.acc_norm_tok: scores / numpy.array(tokens),
        choice.acc_mutual_info: scores - numpy.asarray(alone),
    }
    for metric, values in wanted.items():
        assert metric.score is not None
        chosen = [gold for gold in range(len(options)) if metric.score(made, gold)]
        assert chosen == [int(numpy.argmax(values))], metric.name


def test_without_tokens_there_is_no_value_per_token() -> None:
    assert choice.acc_norm_tok.score is not None
    assert (choice.acc_norm_tok.score(PLAIN, 1), choice.acc_norm_tok.score(None, 1)) == (None, None)


def test_probabilities_are_a_softmax_that_does_not_underflow() -> None:
    probabilities = answer(-1000.0, -1000.0 + math.log(3)).probabilities
    assert probabilities == pytest.approx((0.25, 0.75))


def test_brier_score_of_answers() -> None:
    score = choice.brier_score.score
    assert score is not None
    pairs = [score(answer(math.log(0.25), math.log(0.75)), gold) for gold in (0, 1)]
    assert choice.brier_score.aggregate(pairs) == pytest.approx((2 * 0.75**2 + 2 * 0.25**2) / 2)
    assert choice.brier_score.aggregate([choice.brier_score.worst]) == 2.0


def test_likelihood_is_of_the_gold_option() -> None:
    assert choice.likelihood.aggregate([(1, (-3.0, -1.0)), (0, (-2.0, -1.0))]) == -1.5
    assert choice.likelihood.aggregate([(-100, (-3.0, -1.0))]) == -math.inf


@pytest.mark.parametrize("options", [2, 4, 10])
def test_chance_adjusted_accuracy_is_0_by_chance_and_1_at_best(options: int) -> None:
    assert choice.chance_adj.score is not None
    answer = ChoiceAnswer((0.0, *[-1.0] * (options - 1)), (False,) * options, tuple("abcdefghij"[:options]))
    values = [choice.chance_adj.score(answer, gold) for gold in range(options)]
    assert values[0] == 1.0
    assert choice.chance_adj.aggregate(values) == pytest.approx(0.0)
