"""Sections 6.2 and 6.3 of the OmniMedVQA sheet."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.ladder import climb, mcq_ladder, option_text
from mmeval.types import Sample

SCANS = {"A": "Mammogram", "B": "CT", "C": "Fluoroscopy", "D": "PET"}
INSIDE = {"A": "PET", "B": "PET-CT", "C": "CT", "D": "X-ray"}
YES_NO = {"A": "Yes", "B": "No"}
LED = {"A": "Yes, it's abnormal", "B": "No, It's normal."}

TABLE = [
    ("B", "B", 1),
    ("b", "B", 1),
    ("B.", "B", 1),
    ("(B)", "B", 1),
    ("B) CT", "B", 3),
    ("CT", "B", 2),
    ("ct", "B", 2),
    ("The answer is B.", "B", 1),
    ("**B**", "B", 1),
    (r"\boxed{B}", "B", 1),
    ("<answer> B </answer>", "B", 1),
    ("<answer>B</answer>", "B", 1),
    ("<answer>B.</answer>", "B", 1),
    ("<answer>B) CT</answer>", "B", 3),
    ("<answer>CT</answer>", "B", 2),
    ("<answer>b</answer>", "B", 1),
    ("<answer>A</answer> wait <answer>B</answer>", "B", 1),
    ("A CT scan", "B", 5),
    ("This is a CT image, not a PET image", "B", 5),
    ("Option B: CT", "B", 4),
    ("x </think> B", "B", 1),
    ("The answer is not A, it is B", "B", 6),
    ("Answer: A CT scan is shown", "B", 5),
    ("A) Mammogram B) CT C) Fluoroscopy D) PET. The answer is B", "B", 4),
    ("The answer is A because of the ring", "A", 4),
    ("<answer></answer>B", "B", 1),
    ("Ｂ", "B", 1),
]
NONE = [
    ("<think>I think A is likely", "truncated"),
    ("B or C", "ambiguous"),
    ("E", "out_of_range"),
    ("I cannot answer.", "no_option"),
    ("", "empty"),
    ("<think>B</think>", "empty"),
    ("A or B", "ambiguous"),
    ("(A) or (B)", "ambiguous"),
    ("A) Mammogram B) CT C) Fluoroscopy D) PET.", "ambiguous"),
]
MORE = [
    ("<answer>B", "B"),
    (r"I see a ring. \boxed{\text{B}}", "B"),
    (r"\boxed{A} or rather \boxed{B}", "B"),
    ("<THINK>A</THINK><ANSWER>b</ANSWER>", "B"),
    ("答案是B。", "B"),
    ("The best option is (C), not (B).", "C"),
    ("Final answer: option D", "D"),
    ("[B] CT", "B"),
    ("B - CT", "B"),
    ("rather than PET, CT", "B"),
    ("It is not option B.", None),
    ("The answer is E, certainly not B", None),
    ("Neither CT nor PET", None),
    ("It isn’t a PET scan, I say it is a mammogram", "A"),
    ("_B_", "B"),
    ("$B$", "B"),
    ('"B"', "B"),
    ("Because of B12 it is C", "C"),
    ("A", "A"),
    ("A is the one", "A"),
    ("CT and PET", None),
]


@pytest.mark.parametrize(("text", "letter", "rule"), TABLE)
def test_the_table(text: str, letter: str, rule: int) -> None:
    reading = climb(text, SCANS)
    assert (reading.letter, reading.rule, reading.reason) == (letter, rule, "")


@pytest.mark.parametrize(("text", "reason"), NONE)
def test_no_letter_has_a_reason(text: str, reason: str) -> None:
    reading = climb(text, SCANS)
    assert (reading.letter, reading.reason) == (None, reason)


@pytest.mark.parametrize(("text", "letter"), MORE)
def test_more_answers(text: str, letter: str | None) -> None:
    assert climb(text, SCANS).letter == letter


@pytest.mark.parametrize(
    ("options", "text", "letter"),
    [
        (INSIDE, "This was a PET-CT study.", "B"),
        (INSIDE, "x ray", "D"),
        (INSIDE, "x_ray.", "D"),
        (YES_NO, "no, the image is not normal", "B"),
        (LED, "yes", "A"),
        (LED, "No", "B"),
        ({"A": "Same", "B": "same."}, "Same", None),
        ({"A": "a", "B": "b", "D": "d"}, "C", None),
        ({"A": "50%", "B": "50"}, "50 %", "A"),
        ({"A": "50%", "B": "50"}, "50%", "A"),
    ],
)
def test_other_options(options: Mapping[str, str], text: str, letter: str | None) -> None:
    assert climb(text, options).letter == letter


@pytest.mark.parametrize(
    "form",
    [
        *("{l}", "{lower}", "{l}.", "({l})", "{l}) {text}", "Option {l}: {text}", "**{l}**", "<answer> {l} </answer>"),
        *("{text}", "{upper}", "The final answer is: {l}.", "<think>{text}? no</think>{l}"),
    ],
)
def test_every_usual_form_is_read(form: str) -> None:
    for options in (SCANS, INSIDE, YES_NO, LED):
        for letter, text in options.items():
            said = form.format(l=letter, lower=letter.lower(), text=text, upper=text.upper())
            assert climb(said, options).letter == letter, said


def test_where_it_was_read() -> None:
    assert climb("<answer>B</answer> A", SCANS).region == "answer"
    assert climb(r"A \boxed{B}", SCANS).region == "boxed"
    assert climb("B", SCANS).region == "all"


def test_options_are_a_mapping_or_a_list() -> None:
    assert mcq_ladder("ct", sample=Sample("s", {"options": SCANS})).answer == "B"
    listed = Sample("s", {"choices": list(SCANS.values())})
    assert mcq_ladder("ct", options_field="choices", sample=listed).answer == "B"
    assert mcq_ladder("B").reason == "out_of_range", "without options there is no letter"


@pytest.mark.parametrize(
    ("text", "letter"), [("ct", "B"), ("It shows a PET.", "D"), ("B", None), ("CT or PET", None), ("", None)]
)
def test_option_text_ignores_letters(text: str, letter: str | None) -> None:
    assert option_text(text, sample=Sample("s", {"options": SCANS})).answer == letter


@given(st.text())
def test_a_letter_is_an_option_or_there_is_a_reason(text: str) -> None:
    reading = climb(text, SCANS)
    assert (reading.letter in SCANS) != bool(reading.reason)


@given(st.sampled_from(sorted(SCANS)), st.text(alphabet="abc xyz.,?\n", max_size=40))
def test_a_tagged_letter_beats_everything_around_it(letter: str, noise: str) -> None:
    assert climb(f"{noise}<answer>{letter}</answer>{noise}", SCANS).letter == letter


@pytest.mark.parametrize("piece", ["A ", "not A ", "CT ", "_", "x_", "<answer>", "the answer is Z. ", "(A) ", "A) "])
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    climb(piece * 20_000, SCANS)
    assert time.process_time() - start < 2
