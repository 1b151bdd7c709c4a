"""Option letters (sections 4.2 and 4.7 of the domain sheet)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.letters import option_letter
from mmeval.types import Extraction, Sample

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
    ("B\n\nExplanation:\nA. It is rare.\nC. It hurts elsewhere.", "B"),
    ("(B)\n\nA is rare. C hurts elsewhere.", "B"),
    ("A\n\nB\n\nC", None),
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
    ('The answer is "B".', "B"),
    ("The answer is “B”.", "B"),
    ("The answer is 'B'", "B"),
    ("‘B’", "B"),
    ("The answer is _B_", "B"),
    ("__B__", "B"),
    (r"\boxed{\textbf{B}}", "B"),
    (r"$\boxed{\mathrm{(B)}}$", "B"),
    (r"\boxed{\text{a patient}}", None),
    ("B。", "B"),
    ("B、Hepatitis", "B"),
    ("The answer is B — because of the fever", "B"),
    ("The answer is B – the fever", "B"),
    ("The answer is B-cell lymphoma", None),
]
SEVERAL = [
    "A. Gallstones: no.\nB. Hepatitis: no.\nC. Acute appendicitis: yes",
    "A. Gallstones: no.\nB. It is not.\nC. Yes",
    "A) wrong\n- B) right",
    "A, B",
    "A? No. B.",
    "A\nB",
    "A. B. C.",
    "(A) and (C)",
    "A: no; C: yes",
]
ONE = [
    ("B\nB", "B"),
    ("B, not A", "B"),
    ("B. Vitamin A.", "B"),
    ("B. A patient with fever has it.\nA fever is typical.", "B"),
    ("B. None of them, E. neither", "B"),
    ("C. Acute appendicitis, as D. would be longer", "C"),
    ("A. no\nB. no\nThe answer is C.", "C"),
]


@pytest.mark.parametrize(("text", "letter"), VECTORS + MORE + ONE)
def test_letter(text: str, letter: str | None) -> None:
    found = option_letter(text, sample=FOUR)
    assert found.answer == letter
    assert found.found is (letter is not None), "a reason stands where there is no answer"


@pytest.mark.parametrize("text", SEVERAL)
def test_two_letters_without_a_statement_are_no_answer(text: str) -> None:
    assert option_letter(text, sample=FOUR) == Extraction(reason="several letters")


def test_letters_within_option_texts_are_no_letters() -> None:
    sample = Sample("s", {"choices": ["B. cereus", "C. difficile", "Hepatitis B", "A"]})
    assert option_letter("B. C. difficile", sample=sample).answer == "B"
    assert option_letter("C: Hepatitis B.", sample=sample).answer == "C"
    assert not option_letter("A. B. C. difficile", sample=sample).found
    assert not option_letter("B. A. C. difficile", sample=sample).found


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The answer is B.", "statement"),
        ("B) Hepatitis", "leading_letter"),
        ("Well.\nB", "lone_letter"),
        ("hepatitis", "option_text"),
        ("E", ""),
    ],
)
def test_the_rule_is_named(text: str, rule: str) -> None:
    assert option_letter(text, sample=FOUR).rule == rule


def test_letters_are_as_many_as_options() -> None:
    assert not option_letter("E").found
    assert option_letter("E", letters="ABCDE").answer == "E"
    assert option_letter("E", sample=Sample("s", {"choices": list("vwxyz")})).answer == "E"
    assert not option_letter("C", sample=Sample("s", {"choices": ["yes", "no"]})).found


def test_option_texts_come_from_a_named_field() -> None:
    sample = Sample("s", {"endings": ["Up", "Down"], "choices": "none"})
    assert option_letter("it goes down", choices_field="endings", sample=sample).answer == "B"
    assert not option_letter("it goes down", sample=sample).found


def test_letter_case_of_option_texts_does_not_matter() -> None:
    sample = Sample("s", {"choices": ["Große Straße", "Weg"]})
    assert option_letter("die GROSSE STRASSE", sample=sample).answer == "A"
    assert option_letter("große straße", sample=sample).answer == "A"


def test_option_texts_may_stand_in_several_fields() -> None:
    sample = Sample("s", {"opa": "Up", "opb": "Down", "opc": None})
    assert option_letter("it goes down", choices_field=["opa", "opb"], sample=sample).answer == "B"
    assert not option_letter("C", choices_field=["opa", "opb"], sample=sample).found
    assert not option_letter("it goes down", choices_field=["opd"], sample=sample).found


def test_equal_option_texts_are_ambiguous() -> None:
    assert option_letter("up", sample=Sample("s", {"choices": ["up", "Up ", ""]})).reason == "several options"


@given(st.text() | st.text(alphabet="ABCDE answer is:()[]*.\n\\boxed{}<think>/"))
def test_any_text_gives_an_option_or_a_reason(text: str) -> None:
    found = option_letter(text, sample=FOUR)
    assert found.answer in (set("ABCD") if found.found else {None})


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "answer is ",
        "answer:",
        "A ",
        "(A",
        "A\n",
        "\n ",
        "hepatitis ",
        "acute ",
        "\\boxed{ ",
        "\\boxed{\\a{",
        "A. B",
        "A, ",
    ],
)
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    option_letter(piece * (200_000 // len(piece)), sample=FOUR)
    assert time.process_time() - start < 3
