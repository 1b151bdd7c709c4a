"""Option letters (sections 4.2 and 4.7 of the domain sheet)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.letters import option_letter
from mmeval.types import Sample

FOUR = Sample("s", {"choices": ["Gallstones", "Hepatitis", "Acute appendicitis", "Appendicitis"]})

VECTORS = [
    ("B.", "B"),
    (" (C) because", "C"),
    ("**D**", "D"),
    ("A patient with chest pain should be admitted.", None),
    ("I think the answer is B. Wait, the answer is C.", "C"),
    ("Option A is wrong. B is wrong. The final answer is **D**", "D"),
    ("<think>answer is A</think>\nC", "C"),
    (r"\boxed{B}", "B"),
    ("The most likely diagnosis is acute appendicitis.", "C"),
    ("answer is E", None),
    ("Both A and C", None),
    ("answer: a", None),
    ("Answer: A patient must rest", None),
    ("B\n\nQuestion: next one\nAnswer: C", "B"),
    ("", None),
]
MORE = [
    ("The correct option is (B), since", "B"),
    ("The answer is: [D]", "D"),
    ("Answer: option C", "C"),
    ("The answer is B because of the fever", "B"),
    ("The answer is B12 deficiency", None),
    (r"\boxed{\text{C}}", "C"),
    (r"The answer is $\boxed{A}$.", "A"),
    ("Ａ．", "A"),  # full-width characters
    ("Let me see.\nD\nThat is it.", "D"),
    ("Let me see.\nD\nor\nB\n", None),
    ("E. None of these", None),
    ("hepatitis or gallstones", None),
    ("It is HEPATITIS", "B"),
    ("perihepatitis", None),
    ("hepatitis-like", None),
    ("appendicitis", "D"),  # its occurrence inside a longer option does not count
    ("<think>the answer is B", None),
    ("The answer is B.\nQ: and now?\nThe answer is C.", "B"),
]


@pytest.mark.parametrize(("text", "letter"), VECTORS + MORE)
def test_letter(text: str, letter: str | None) -> None:
    found = option_letter(text, sample=FOUR)
    assert found.answer == letter
    assert found.found is (letter is not None), "a reason stands where there is no answer"


def test_letters_are_as_many_as_options() -> None:
    assert not option_letter("E").found
    assert option_letter("E", letters="ABCDE").answer == "E"
    assert option_letter("E", sample=Sample("s", {"choices": list("vwxyz")})).answer == "E"
    assert not option_letter("C", sample=Sample("s", {"choices": ["yes", "no"]})).found


def test_option_texts_come_from_a_named_field() -> None:
    sample = Sample("s", {"endings": ["Up", "Down"], "choices": "none"})
    assert option_letter("it goes down", choices_field="endings", sample=sample).answer == "B"
    assert not option_letter("it goes down", sample=sample).found


def test_equal_option_texts_are_ambiguous() -> None:
    assert option_letter("up", sample=Sample("s", {"choices": ["up", "Up ", ""]})).reason == "several options"


@given(st.text() | st.text(alphabet="ABCDE answer is:()[]*.\n\\boxed{}<think>/"))
def test_any_text_gives_an_option_or_a_reason(text: str) -> None:
    found = option_letter(text, sample=FOUR)
    assert found.answer in (set("ABCD") if found.found else {None})


@pytest.mark.parametrize(
    "piece", [" ", "answer is ", "answer:", "A ", "(A", "A\n", "\n ", "hepatitis ", "acute ", "\\boxed{ "]
)
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    option_letter(piece * (200_000 // len(piece)), sample=FOUR)
    assert time.process_time() - start < 3
