"""Section 4.1 of the OmniMedVQA sheet, and Med-R1's column of 6.2."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mmeval.extract.similar import med_r1_tag, official_difflib
from mmeval.types import Sample

SCANS = ["Mammogram", "CT", "Fluoroscopy", "PET"]
SENTENCE = "The image was obtained with a CT scanner."


@pytest.mark.parametrize(
    ("options", "response", "chosen"),
    [
        (SCANS, "CT", "CT"),
        (SCANS, "CT.", "CT"),
        (SCANS, "ct", "Fluoroscopy"),
        (SCANS, "CT scan", "CT"),
        (SCANS, "B", None),
        (SCANS, "B. CT", "CT"),
        (SCANS, "The answer is B", "Mammogram"),
        (SCANS, SENTENCE, "Mammogram"),
        (SCANS, "I cannot answer.", "Mammogram"),
        (SCANS, "", None),
        (["Yes", "No"], "no, the image is not normal", "Yes"),
    ],
)
def test_the_official_matcher(options: Sequence[str], response: str, chosen: str | None) -> None:
    found = official_difflib(response, sample=Sample("s", {"options": options}))
    assert found.answer == (None if chosen is None else "ABCD"[options.index(chosen)])
    assert found.found == (chosen is not None)


def test_the_first_of_equals_wins() -> None:
    options = {"A": "Same", "B": "Same", "D": "Other"}
    assert official_difflib("Same", sample=Sample("s", {"options": options})).answer == "A"
    assert official_difflib("Other", sample=Sample("s", {"options": options})).answer == "D"


def test_frequent_characters_of_long_answers_are_ignored_as_published() -> None:
    sample = Sample("s", {"options": ["abababab", "q"]})
    assert official_difflib("z" + "ab" * 99, sample=sample).answer == "A"
    assert not official_difflib("zz" + "ab" * 99, sample=sample).found


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<answer> B </answer>", "B"),
        ("<answer>CT</answer>", "CT"),
        ("<answer>b</answer>", "b"),
        ("<answer>A</answer> wait <answer>B</answer>", "A"),
        ("<answer>B.</answer>", None),
        ("<answer>B) CT</answer>", None),
        ("B", None),
        ("", None),
    ],
)
def test_med_r1(text: str, answer: str | None) -> None:
    assert med_r1_tag(text).answer == answer
    assert med_r1_tag(text, tagged=False).answer == text
