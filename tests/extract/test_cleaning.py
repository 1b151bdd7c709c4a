"""What is done to an answer before it is read."""

from __future__ import annotations

import pytest

from mmeval.extract import build_pipeline
from mmeval.extract.cleaning import clean, plain_characters
from mmeval.extract.closest import closest_option
from mmeval.extract.entities import entities
from mmeval.extract.labels import closed_label, closed_labels
from mmeval.extract.letters import option_letter
from mmeval.extract.numbers import final_number
from mmeval.extract.words import boolean_word, first_number
from mmeval.types import Extraction, Sample

SAMPLE = Sample("test:0", {"choices": ["red", "blue"]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>maybe Roe v. Wade? no</think>Brown", "Brown"),
        ("Brown\nQ: other\nA: Roe v. Wade", "Brown"),
        ("Brown\n  Clause: other", "Brown"),
        ("Brown\nQuestions: none", "Brown\nQuestions: none"),
        ("“It’s 1”", '"It\'s 1"'),
        ("１４．１％", "14.1%"),
    ],
)
def test_what_stays(text: str, said: str) -> None:
    assert clean(text).answer == said


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("−5, –5, ‑5, ‐5", "-5, -5, -5, -5"),
        ("−$5, –US$5, −.5, −₹5", "-$5, -US$5, -.5, -₹5"),
        ("non‑negative, No‐one, 2–3, non–negative", "non-negative, No-one, 2-3, non-negative"),
        ("B – because — well", "B – because — well"),
        ("a − 5", "a − 5"),
    ],
)
def test_dashes(text: str, plain: str) -> None:
    assert plain_characters(text) == plain


def test_an_answer_may_have_lines_that_begin_like_an_example() -> None:
    assert clean("It:O\nText:O\nrose:O", cut=False).answer == "It:O\nText:O\nrose:O"
    assert not clean("<think>It:O", cut=False).found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<think>it is red", "nothing but reasoning"),
        ("<think>it is red</think>\n", "nothing but reasoning"),
        ("", "an empty answer"),
        (" \n\nQuestion: next", "an empty answer"),
    ],
)
def test_why_there_is_no_answer_is_kept(text: str, reason: str) -> None:
    found = [
        clean(text),
        closed_label(text, labels=["red"]),
        closed_labels(text, labels=["red"]),
        option_letter(text, sample=SAMPLE),
        closest_option(text, sample=SAMPLE),
        final_number(text),
        first_number(text),
        boolean_word(text),
        entities(text),
        build_pipeline("", [{"function": clean}, {"function": boolean_word}]).extract(text, SAMPLE),
    ]
    assert found == [Extraction(reason=reason)] * len(found)
