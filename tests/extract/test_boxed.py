r"""The last `\boxed{...}` (section 3 of the LongReasonArena sheet)."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.boxed import boxed, unwrapped
from mmeval.types import Extraction


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{27}.", "27"),
        (r"\boxed{1} or \boxed{2}", "2"),
        (r"\boxed{\boxed{3}}", r"\boxed{3}"),
        (r"\boxed{{'a': {1}}}", "{'a': {1}}"),
        (r"\boxed{\text{[1, 2]}}", "[1, 2]"),
        (r"\boxed{ 5 }", " 5 "),
        ("\\boxed{[1,\n2]}", "[1,\n2]"),
        (r"<think>\boxed{1}</think>\boxed{2}", "2"),
        (r"\boxed{1}</think>\boxed{2}</think>\boxed{3}", "3"),
        (r"<think>\boxed{1} and so on", "1"),  # a tentative box counts where the reasoning was cut off
        (r"\boxed{1}</THINK>", "1"),
        (r"\boxed{4} then \boxed{5", "4"),
        (r"\boxed{\{}}", r"\{}"),  # escaped braces count
    ],
)
def test_found(text: str, answer: str) -> None:
    assert boxed(text) == Extraction(answer)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("27", "no \\boxed{}"),
        (r"\boxed {27} \fbox{27}", "no \\boxed{}"),
        (r"\boxed{27", "\\boxed{ is never closed"),
        (r"\boxed{\{}", "\\boxed{ is never closed"),
        (r"\boxed{1} \boxed{}", "\\boxed{} is empty"),
        (r"\boxed{1}</think>done", "no \\boxed{}"),
        (r"\boxed{\text{}}", "\\boxed{} is empty"),
        ("", "no \\boxed{}"),
    ],
)
def test_not_found(text: str, reason: str) -> None:
    assert boxed(text) == Extraction(None, reason)


@pytest.mark.parametrize(
    ("inside", "answer"),
    [
        (r"27\text{ units}", " units"),
        (r"\text{a}\text{b}", r"a}\text{b"),
        ("\\text{first}\n\\text{second}\nrest", "second"),
        ("\\text{[1,\n2]}", "\\text{[1,\n2]}"),
        (r"\text {1} \texttt{2} \mathrm{3}", r"\text {1} \texttt{2} \mathrm{3}"),
        (r"{1} \text{2}", "2"),
    ],
)
def test_the_last_text_of_a_line_replaces_the_answer(inside: str, answer: str) -> None:
    assert boxed(f"\\boxed{{{inside}}}") == Extraction(answer)
    assert boxed(f"\\boxed{{{inside}}}", unwrap=False) == Extraction(inside)


def test_the_rule_is_named() -> None:
    assert (boxed(r"\boxed{1}").rule, boxed("1").rule) == ("boxed", "")


@given(st.text(alphabet="\\text{}a\n"))
def test_unwrapping_is_that_of_the_greedy_expression(answer: str) -> None:
    expected = re.findall(r"\\text\{(.*)\}", answer)
    assert unwrapped(answer) == (expected[-1] if expected else answer)


@pytest.mark.parametrize(
    ("options", "inside", "answer"),
    [
        ({"booleans": True}, "[true, FALSE, TRUE, truest]", "[True, False, TRUE, truest]"),
        ({"quotes": True}, "'27'", "27"),
        ({"quotes": True}, '27"', "7"),
        ({"quotes": True}, "''", ""),
        ({"quotes": True}, "[1]", "[1]"),
        ({"quotes": True, "booleans": True}, r"\text{'false'}", "False"),
    ],
)
def test_options(options: dict[str, bool], inside: str, answer: str) -> None:
    assert boxed(f"\\boxed{{{inside}}}", **options) == Extraction(answer)


@given(st.text(alphabet="\\boxed{}1 </think>\n"))
def test_what_is_found_stands_balanced_in_the_text(text: str) -> None:
    found = boxed(text, unwrap=False)
    if found.found:
        assert f"\\boxed{{{found.answer}}}" in text
        assert found.answer.count("{") == found.answer.count("}")


@given(st.text(alphabet="ab1[], "), st.text(alphabet="ab1[], {}"))
def test_a_box_at_the_end_is_found_whatever_stands_before_it(answer: str, before: str) -> None:
    found = boxed(f"{before}\\boxed{{{answer}}}")
    assert found.answer == (answer or None)


@pytest.mark.parametrize("piece", ["\\boxed{", "\\boxed{}", "\\boxed{1}", "{", "</think>", "\\boxed{{}", "\\text{"])
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    boxed(piece * 200_000)
    boxed("\\boxed{" + piece * 100_000 + "\n" + "}" * 100_001)
    assert time.process_time() - start < 3
