"""Choosing among repeats, and lm-eval's custom filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.extract import build_pipeline
from mmeval.extract.selection import Custom, MajorityVote, TakeFirst, TakeFirstK
from mmeval.types import Extraction, Sample


def found(*answers: Any) -> list[Extraction]:
    return [Extraction(answer) for answer in answers]


def samples(count: int) -> list[Sample]:
    return [Sample(str(index), {"row": index}) for index in range(count)]


def test_take_first() -> None:
    given = [found("a", "b"), [Extraction("[invalid]", "no match"), Extraction("c")], []]
    assert TakeFirst().apply(given, samples(3)) == [
        Extraction("a"),
        Extraction("[invalid]", "no match"),
        Extraction(None, "no answer was given"),
    ]


def test_take_first_k() -> None:
    assert TakeFirstK(2).apply([found("a", "b", "c")], samples(1)) == [found("a", "b")]
    with pytest.raises(UsageError, match="needs 3 answers to each request, there are 2"):
        TakeFirstK(3).apply([found("a", "b", "c"), found("a", "b")], samples(2))


@pytest.mark.parametrize(
    ("answers", "winner"),
    [
        (["a", "b", "b"], "b"),
        (["b", "a", "a", "b"], "b"),
        (["a"], "a"),
        ([["x"], ["y"], ["y"]], ["y"]),
    ],
)
def test_majority_vote(answers: list[Any], winner: Any) -> None:
    assert MajorityVote().apply([found(*answers)], samples(1)) == [found(winner)]


def test_a_fallback_votes_and_no_answer_does_not() -> None:
    invalid, none = Extraction("[invalid]", "no match"), Extraction(None, "no box")
    vote = MajorityVote().apply
    assert vote([[invalid, Extraction("a"), invalid]], samples(1)) == [[invalid]]
    assert vote([[none, none, Extraction("a")]], samples(1)) == [found("a")]
    assert vote([[none, none]], samples(1)) == [[none]]
    assert vote([[]], samples(1)) == [[]]


def test_custom_sees_raw_answers_and_documents() -> None:
    def longest(answers: Sequence[list[str]], docs: Sequence[dict[str, int]]) -> list[str]:
        return [f"{doc['row']}:{max(given, key=len)}" for given, doc in zip(answers, docs, strict=True)]

    assert Custom(longest).apply([found("a", "bb"), found("c")], samples(2)) == found("0:bb", "1:c")


def test_custom_keeps_lists_and_reasons() -> None:
    def shout(answers: Sequence[list[str]], docs: Sequence[Any]) -> list[list[str]]:
        return [[text.upper() for text in given] for given in answers]

    made = build_pipeline("p", [{"function": Custom, "filter_fn": shout}]).apply([["a", "b"]], samples(1))
    assert made == [found("A", "B")]
    kept = Custom(shout).apply([[Extraction("x", "no match"), Extraction("y")]], samples(1))
    assert kept == [[Extraction("X", "no match"), Extraction("Y")]]


def test_custom_may_be_lazy_and_must_be_complete() -> None:
    assert Custom(lambda answers, _: map(tuple, answers)).apply([found("a")], samples(1)) == found(("a",))
    with pytest.raises(UsageError, match="1 results for 2 requests"):
        Custom(lambda answers, _: answers[:1]).apply([found("a"), found("b")], samples(2))
