"""Where answers end, what they cost, and how long texts are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.types import Generation
from mmeval_tasks.longreasonarena.accounting import budget_reduced, ending, spent
from mmeval_tasks.longreasonarena.extraction import after_thinking, box_of_whole_text, ends_in_box
from mmeval_tasks.longreasonarena.tokens import counter, estimate
from tests.tasks.longreasonarena.conftest import ReadRows


@pytest.mark.parametrize(
    ("text", "finish", "reasoning", "expected"),
    [
        ("\\boxed{1", "stop", True, "complete"),
        ("still thinking", "length", True, "length_in_think"),
        ("thought</think>  \n", "length", True, "length_in_think"),
        ("thought</think>The answer", "length", True, "length_after_think"),
        ("thought</think>\\boxed{1} or \\boxed{[1, {2}", "length", True, "length_in_box"),
        ("\\boxed{1", "length", False, "length_in_box"),
        ("words", "length", False, "length_after_think"),
    ],
)
def test_endings(text: str, finish: str, reasoning: bool, expected: str) -> None:
    assert ending(Generation(text, finish), reasoning) == expected  # type: ignore[arg-type]


def test_reported_tokens_are_split_by_text() -> None:
    found = spent(Generation("one two three</think>one two three", tokens=80), "complete", counter(None))
    assert (found.output, found.estimated) == (80, False)
    assert 40 <= found.reasoning < 60
    assert found.answer == 80 - found.reasoning


def test_unreported_tokens_are_estimated() -> None:
    found = spent(Generation("12345"), "complete", counter(None))
    assert (found.output, found.reasoning, found.estimated) == (5, 0, True)
    assert spent(Generation(""), "complete", counter(None)).output == 0


def test_thinking_that_did_not_end_is_all_reasoning() -> None:
    found = spent(Generation("and on", "length", tokens=9), "length_in_think", counter(None))
    assert (found.reasoning, found.answer) == (9, 0)


@pytest.mark.parametrize(
    ("generation", "reduced"),
    [
        (Generation("cut", "length", tokens=49), True),
        (Generation("cut", "length", tokens=50), False),
        (Generation("cut", "length"), False),
        (Generation("short", "stop", tokens=5), False),
    ],
)
def test_a_context_that_leaves_less_than_half_of_the_budget_is_told(generation: Generation, reduced: bool) -> None:
    assert budget_reduced(generation, 100) is reduced


def test_the_estimate_is_close_to_the_published_lengths(read: ReadRows) -> None:
    rows = read("lvl1")
    estimates = [estimate(str(row["input"])) + 1 for row in rows]
    published = [row["input_len"] for row in rows]
    assert sum(estimates) == pytest.approx(sum(published), rel=0.01)
    off = [abs(one - other) / other for one, other in zip(estimates, published, strict=True)]
    assert max(off) < 0.5
    assert sorted(off)[len(off) // 2] < 0.1


def test_the_laxer_rule_looks_into_the_reasoning() -> None:
    assert box_of_whole_text("\\boxed{1}</think>none").answer == "1"
    assert box_of_whole_text("\\boxed{\\text{1}}").answer == "\\text{1}"
    assert not box_of_whole_text("none").found


@given(st.text("\\boxed{}</think> 1", max_size=60))
def test_any_text_has_its_parts(text: str) -> None:
    assert text.endswith(after_thinking(text))
    assert isinstance(ends_in_box(text), bool)
