"""Rows: what shares a forward pass, and how scores find their requests."""

from __future__ import annotations

from mmeval.local.rows import Row, Score, Scoring
from mmeval.local.tokens import Pair
from mmeval.types import Failure, RequestKey, RollingLikelihood

KEYS = [RequestKey("t", str(number)) for number in range(4)]


def total(scores: object) -> RollingLikelihood:
    return RollingLikelihood(sum(score.logprob for score in scores))  # type: ignore[attr-defined]


def test_one_token_options_share_a_row():
    scoring = Scoring()
    scoring.add(KEYS[0], [Pair((1, 2), (3,)), Pair((1, 2), (4,)), Pair((1, 2), (3, 5))], total)
    assert scoring.rows() == [Row((1, 2), ((3,), (4,))), Row((1, 2, 3), ((3, 5),))]


def test_another_split_of_the_same_tokens_shares_a_row():
    scoring = Scoring()
    scoring.add(KEYS[0], [Pair((1, 2), (3, 4))], total)
    scoring.add(KEYS[1], [Pair((1,), (2, 3, 4))], total)
    [row] = scoring.rows()
    assert row == Row((1, 2, 3), ((3, 4), (2, 3, 4)))
    answers = dict(scoring.finish(row, [Score(-1.0, True), Score(-2.0, True)]))
    assert answers == {KEYS[0]: RollingLikelihood(-1.0), KEYS[1]: RollingLikelihood(-2.0)}


def test_a_request_is_answered_with_its_last_score_in_its_own_order():
    scoring = Scoring()
    scoring.add(
        KEYS[0], [Pair((1,), (2,)), Pair((9,), (2,)), Pair((1,), (3,)), Pair((1,), (2,))], lambda scores: scores
    )
    first, second = scoring.rows()
    assert list(scoring.finish(second, [Score(-9.0, False)])) == []
    a, b, c = Score(-1.0, True), Score(-9.0, False), Score(-3.0, False)
    assert list(scoring.finish(first, [a, c])) == [(KEYS[0], [a, b, c, a])]
    assert scoring.rows() == []


def test_a_row_that_fails_fails_each_of_its_requests_once():
    scoring, failure = Scoring(), Failure("too large")
    scoring.add(KEYS[0], [Pair((1,), (2,)), Pair((1,), (3,)), Pair((7,), (2,))], total)
    scoring.add(KEYS[1], [Pair((1,), (2,))], total)
    scoring.add(KEYS[2], [Pair((7,), (2,))], total)
    large, small = scoring.rows()
    assert list(scoring.fail(large, failure)) == [(KEYS[0], failure), (KEYS[1], failure)]
    assert list(scoring.finish(small, [Score(-1.0, True)])) == [(KEYS[2], RollingLikelihood(-1.0))]


def test_a_request_that_has_failed_does_not_fail_again():
    scoring = Scoring()
    scoring.add(KEYS[0], [Pair((1,), (2,)), Pair((7,), (2,))], total)
    first, second = scoring.rows()
    assert len(list(scoring.fail(first, Failure("x")))) == 1
    assert list(scoring.fail(second, Failure("x"))) == []
