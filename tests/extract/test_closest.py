"""Options that an answer repeats in full."""

from __future__ import annotations

import pytest

from mmeval.extract.closest import closest_option
from mmeval.types import Sample

HOLDINGS = [
    "holding that oral notice is never valid",
    "holding that a tenant may waive the right to notice",
    "holding that a tenant may waive the right to a notice",
]
SAMPLE = Sample("test:0", {"endings": HOLDINGS})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("holding that oral notice is never valid", 0),
        ("\nHolding that oral notice, is never valid.\nQuestion: next", 0),
        ("holding that a tenant may waive the right to notice", None),  # two options are as like
        ("that oral notice", None),
        ("(A)", None),
        ("", None),
    ],
)
def test_nearly_equal_texts(text: str, wanted: int | None) -> None:
    found = closest_option(text, choices_field="endings", sample=SAMPLE)
    assert found.answer == (None if wanted is None else HOLDINGS[wanted])


def test_margin_and_threshold_are_options() -> None:
    text = "holding that a tenant may waive the right to notice"
    assert closest_option(text, choices_field="endings", margin=0.0, sample=SAMPLE).answer == HOLDINGS[1]
    assert closest_option("oral notice is never valid", choices_field="endings", sample=SAMPLE).answer is None
    loose = closest_option("oral notice is never valid", choices_field="endings", threshold=0.6, sample=SAMPLE)
    assert loose.answer == HOLDINGS[0]


def test_the_rule_is_named_and_dashes_are_alike() -> None:
    found = closest_option("non-compete", sample=Sample("test:0", {"choices": ["non‑compete", "waiver"]}))
    assert (found.answer, found.rule) == ("non‑compete", "closest_option")


def test_without_options_there_is_no_answer() -> None:
    assert not closest_option("a text").found
