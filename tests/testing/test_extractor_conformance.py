"""The kit catches planted faults of extractors, each by the method that names it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.extract import TaskExtractor
from mmeval.testing import ExtractorConformance
from mmeval.types import Extraction, Sample

from .suites import failures

counter = itertools.count()


def last_number(text: str, *, signed: bool = True) -> Extraction:
    found = re.findall(r"-?\d+" if signed else r"\d+", text)
    return Extraction(found[-1]) if found else Extraction(reason="no number")


class FirstOfAll(TaskExtractor):
    def apply(
        self, answers: Sequence[list[Extraction]], samples: Sequence[Sample]
    ) -> Sequence[Extraction | list[Extraction]]:
        return [given[0] for given in answers]


def suite(extractor: Callable[..., Extraction] | type, **settings: Any) -> type[ExtractorConformance]:
    examples = {"finds": [("it is -4", "-4")], "misses": ["it is four"], "examples": 50}
    return type("Suite", (ExtractorConformance,), {"extractor": extractor, **examples, **settings})


def test_a_sound_extractor_passes(tmp_path: Path) -> None:
    assert failures(suite(last_number), tmp_path) == {}
    assert failures(suite(last_number, options={"signed": False}, finds=[("is -4", "4")]), tmp_path) == {}


def test_a_sound_task_extractor_passes(tmp_path: Path) -> None:
    assert failures(suite(FirstOfAll, finds=[("x", "x")], misses=[]), tmp_path) == {}


def raises(text: str) -> Extraction:
    return Extraction(re.findall(r"\d+", text)[-1])


def bare_text(text: str) -> Any:
    return text


def silent(text: str) -> Extraction:
    found = re.search(r"\d+", text)
    return Extraction(found and found[0])


def two_lines(text: str) -> Extraction:
    return Extraction(reason=f"nothing in\n{text}")


def counted(text: str) -> Extraction:
    return Extraction(str(next(counter)))


def a_match(text: str) -> Extraction:
    found = re.search(r"\d+", text)
    return Extraction(found) if found else Extraction(reason="no number")


def quadratic(text: str) -> Extraction:
    sum(text[start:].count("A") for start in range(len(text)))
    return last_number(text)


def unsigned(text: str) -> Extraction:
    return last_number(text, signed=False)


def in_words(text: str) -> Extraction:
    return Extraction("4") if "four" in text else last_number(text)


class Neighbour(TaskExtractor):
    """Gives each request the answer of the one before it."""

    def apply(
        self, answers: Sequence[list[Extraction]], samples: Sequence[Sample]
    ) -> Sequence[Extraction | list[Extraction]]:
        return [answers[position - 1] for position in range(len(answers))]


@pytest.mark.parametrize(
    ("extractor", "caught_by", "error"),
    [
        (raises, "test_any_text_gives_an_answer_or_a_reason", IndexError),
        (raises, "test_says_why_when_there_is_no_answer", IndexError),
        (bare_text, "test_any_text_gives_an_answer_or_a_reason", TypeError),
        (silent, "test_any_text_gives_an_answer_or_a_reason", AssertionError),
        (two_lines, "test_any_text_gives_an_answer_or_a_reason", AssertionError),
        (a_match, "test_any_text_gives_an_answer_or_a_reason", AssertionError),
        (counted, "test_same_text_gives_the_same_answer", AssertionError),
        (unsigned, "test_finds_what_it_should", AssertionError),
        (in_words, "test_says_why_when_there_is_no_answer", AssertionError),
        (Neighbour, "test_answers_do_not_depend_on_other_samples", AssertionError),
    ],
)
def test_a_fault_is_caught(extractor: Callable[..., Any], caught_by: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        getattr(suite(extractor)(), caught_by)()


def test_a_slow_extractor_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"characters of .* take"):
        suite(quadratic, seconds=0.05)().test_long_texts_take_a_bounded_time()
