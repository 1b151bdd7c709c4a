"""Numbers and boolean words in free text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.words import boolean_word, first_number
from mmeval.types import Extraction


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("about 1,234.5 kg, not 7", "1234.5"),
        ("−12.5%", "-12.5"),
        ("+3", "3"),
        ("$9,413 million", "9413"),
        ("12,34", "12"),
        ("1,2345", "1"),
        (".5", ".5"),
        ("2e-3.", "2e-3"),
        ("3-4", "3"),
        ("It is 25.", "25"),
        ("x1 B12 7", "7"),
        ("<think>5</think>6", "6"),
        ("７", "7"),
        ("none", None),
        ("", None),
    ],
)
def test_first_number(text: str, number: str | None) -> None:
    assert first_number(text).answer == number
    assert first_number(text).found is (number is not None)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_float_is_read_back(number: float) -> None:
    assert float(first_number(f"It is {number!r}.").answer) == number


@given(st.integers())
def test_a_number_with_commas_is_read_back(number: int) -> None:
    assert first_number(f"so {number:,}, I think").answer == str(number)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Yes.", "yes"),
        (" **No**, because", "no"),
        ("TRUE", "true"),
        ("Not sure", None),
        ("None", None),
        ("no-one", None),
        ("Nowhere", None),
        ("I say yes", None),
        ("<think>no</think>yes", "yes"),
        ("yes\nQuestion: x", "yes"),
        ("42", None),
        ("No‑one", None),
        ("No–one", None),
        ("_Yes_", "yes"),
        ("Yes1", None),
        ("1. Yes", "yes"),
        ("", None),
    ],
)
def test_boolean_word(text: str, word: str | None) -> None:
    assert boolean_word(text).answer == word


def test_words_may_be_named() -> None:
    assert boolean_word("Maybe so", words=["yes", "no", "maybe"]) == Extraction("maybe")
    assert boolean_word("true", words=["yes", "no"]).reason == "the first word is none of yes, no"


def test_rules_are_named() -> None:
    assert (boolean_word("Yes.").rule, first_number("It is 4").rule) == ("first_word", "first_number")
    assert (boolean_word("Well").rule, first_number("none").rule) == ("", "")


@pytest.mark.parametrize("extract", [first_number, boolean_word])
@pytest.mark.parametrize("piece", ["1", "1,", "1,111", "a-", "a'", ".", "-", "e", " \n"])
def test_time_grows_with_the_text_only(extract: Callable[[str], Extraction], piece: str) -> None:
    start = time.process_time()
    extract(piece * 100_000)
    assert time.process_time() - start < 3
