"""The number an answer ends in, and whether it is the right one: what published evaluators disagree about."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.numbers import final_number
from mmeval.metrics.numbers import num_em, num_match, scale_mismatch
from mmeval.types import Sample

SIGNS = ("$", "US$", "€", "₹", "HK$", "$ ", "USD ", "USD", "¥")


def _answer(text: str, gold: str) -> str | None:
    found: str | None = final_number(text, sample=Sample("test:0", {}, gold)).answer
    return found


@pytest.mark.parametrize(
    ("gold", "text", "right"),
    [
        ("0.14136", "14.1%", True),
        ("0.14136", "14.1 percent", True),
        ("0.14136", "14.136", False),
        ("-12.5", "125", False),
        ("-12.5", "12.5", False),
        ("-12.5", "(12.5)", True),
        ("-12.5", "−12.5", True),
        ("-0.125", "(12.5%)", True),
        ("-12.5", "$-12.50", True),
        ("9413.0", "$9,413 million", True),
        ("9413.0", "9.413 billion", False),
        ("206588.0", "The answer is 206588.", True),
        ("206588.0", "In 2010: answer = 206,588 (up from 3)", True),
        ("25.0", "In 2009 it was 25.0", True),
        ("25.0", "25%", True),
        ("0.005", "0.012", False),
        ("yes", "Yes", True),
        ("no", "No, it fell by 3.", True),
        ("-0.14286", "-14.3%", True),
        ("-0.14286", "14.3%", False),
        ("0.125", "50 / 400 = 0.125", True),
        ("100", "99.5", True),
        ("100", "98.5", False),
        ("0.0005", "0.0009", False),
        ("0.0", "0", True),
        ("no", "Not sure", False),
        ("yes", "1", False),
        ("12", "none", False),
        ("12", "\n12\nQuestion: and then?\nAnswer: 13", True),
        *(("-12.5", f"{minus}{currency}12.5", True) for minus in "-−–‑‐" for currency in ("", *SIGNS)),
        *(("-12.5", f"({currency}12.5)", True) for currency in SIGNS),
        *(("12.5", f"{currency}12.5", True) for currency in SIGNS),
        ("-12.5", "− 12.5", True),
        ("-12.5", "It fell: − 12.5", True),
        ("98.5", "100 − 98.5", True),
        ("25.0", "- 25.0", True),
        ("25.0", "– 25.0", True),
        ("25.0", "Net income - 25.0", True),
        ("25.0", "- $25.0", True),
        ("98.5", "100 - 98.5", True),
        ("-12.5", "($12.5 million)", True),
        ("-12.5", "(12.5 million)", True),
        ("-12.5", "(12.5) million", True),
        ("-12.5", "( 12.5 )", True),
        ("12.5", "(12.5", True),
        ("12.5", "(age 12.5)", True),
        ("0.141", r"14.1\%", True),
        ("0.141", r"\boxed{14.1\%}", True),
        ("9413", "9{,}413", True),
        ("9413", r"9\,413", True),
        ("9413", r"9,\!413", True),
        ("9413", r"$\$9{,}413$ million", True),
        ("25", "約25億円", True),
    ],
)
def test_an_answer_and_its_gold(gold: str, text: str, right: bool) -> None:
    assert num_match.score is not None
    assert num_match.score(_answer(text, gold), gold) == float(right)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("US$ 1,250.50", "1250.50"),
        ("2010-2011", "2011"),
        ("up to 3 million", "3 million"),
        (".5", ".5"),
        ("1e3", "1e3"),
        ("($9,413 million)", "-9413 million"),
        ("IL6", None),
    ],
)
def test_numbers_as_they_are_written(text: str, wanted: str | None) -> None:
    assert final_number(text).answer == wanted


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The answer is 5, not 6", "stated_number"),
        ("5", "only_number"),
        ("2 + 3 = 5", "number_behind_equals"),
        ("5 of 6", "last_number"),
        ("none", ""),
    ],
)
def test_the_rule_is_named(text: str, rule: str) -> None:
    assert final_number(text).rule == rule


@pytest.mark.parametrize("piece", ["1", "1,111", "(", "- ", "−  ", "USD ", "1 ", "( 1", "$", "answer is ", "{,}"])
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    final_number(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 3


def test_equal_numbers_and_near_ones() -> None:
    assert num_em.score is not None
    assert num_match.score is not None
    assert scale_mismatch.score is not None
    assert [num_em.score(answer, "100") for answer in ("100.00001", "100.01", None)] == [1.0, 0.0, 0.0]
    assert num_em.score("-0.14286000000000001", "-0.14286") == 1.0
    assert [scale_mismatch.score(answer, "9413") for answer in ("9.413 billion", "9413", "7", None)] == [1, 0, 0, 0]
    assert scale_mismatch.score("yes", "no") == 0.0


@given(st.floats(-1e9, 1e9, allow_nan=False).filter(lambda value: abs(value) >= 1e-3))
def test_a_number_in_its_common_forms_is_found(value: float) -> None:
    gold = f"{value:.6f}"
    forms = [gold, f"{value:,.6f}", f"The answer is {gold}.", f"1 + 2 = {gold}"]
    assert num_em.score is not None
    assert [num_em.score(_answer(form, gold), gold) for form in forms] == [1.0] * len(forms)
