"""lm-eval's regex filters (section 9 of its sheet)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import UsageError
from mmeval.extract.regex import multi_choice_regex, regex
from mmeval.types import Extraction, Sample

NONE = Extraction("[invalid]", "no match")


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("so #### 1,234.5 is it", {}, Extraction("1,234.5")),
        ("#### -3\n#### 7", {}, Extraction("-3")),
        ("#### -3\n#### 7", {"group_select": -1}, Extraction("7")),
        ("#### -3", {"group_select": 1}, NONE),
        ("#### -3", {"group_select": -2}, NONE),
        ("three", {}, NONE),
        ("three", {"fallback": "?"}, Extraction("?", "no match")),
        ((-1.0, True), {}, NONE),
        ("is ( B )", {"regex_pattern": r"\(([^)]*)\)"}, Extraction("B")),
        ("x=2 y=3", {"regex_pattern": r"(a=\d)|(y=\d)|(x=\d)"}, Extraction("x=2")),
        ("ab", {"regex_pattern": r"(x?)(y?)"}, NONE),
        ("say yes", {"regex_pattern": "yes|no"}, Extraction("yes")),
    ],
)
def test_regex(text: Any, options: dict[str, Any], expected: Extraction) -> None:
    assert regex(text, **options) == expected


def test_a_broken_pattern_is_the_users() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        regex("x", regex_pattern="(")


SAMPLE = Sample("s", {"choices": ["Guilty", "Guilty of Romance ", "a+b"]})


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("Guilty #### 5", {}, "5"),
        ("It is Guilty of Romance.", {}, "(B)"),  # not A: longer texts are tried first
        ("It is Guilty.", {}, "(A)"),
        ("Guilty, no: a+b", {"group_select": -1}, "(C)"),
        ("guilty", {}, "[invalid]"),
        ("guilty", {"ignore_case": True}, "(A)"),
        ("Guil'ty", {"ignore_punctuation": True}, "(A)"),
        ("a + b", {"regexes_to_ignore": [" "]}, "(C)"),
        ("the answer:  C", {}, "(C)"),
        ("the answer: D", {}, "[invalid]"),
        ("the answer is C", {}, "[invalid]"),
        (None, {}, "[invalid]"),
    ],
)
def test_multi_choice_regex(text: Any, options: dict[str, Any], expected: str) -> None:
    found = multi_choice_regex(text, sample=SAMPLE, **options)
    assert (found.answer, found.found) == (expected, expected != "[invalid]")


def test_an_empty_choice_is_never_found() -> None:
    assert not multi_choice_regex("anything", sample=Sample("s", {"choices": ["", "b"]})).found


def test_the_choices_field_is_needed() -> None:
    with pytest.raises(UsageError, match="'choices'"):
        multi_choice_regex("x", sample=Sample("s", {}))


@given(st.text())
def test_any_text_has_an_answer_or_the_fallback(text: str) -> None:
    for found in (regex(text), multi_choice_regex(text, sample=SAMPLE, ignore_case=True, ignore_punctuation=True)):
        assert found.found or found.answer == "[invalid]"
