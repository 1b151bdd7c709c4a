"""Answers in LaTeX, and Japanese numbers."""

from __future__ import annotations

import pytest

from mmeval_tasks.domains.finance.japanese import matches, number_of, stated
from mmeval_tasks.domains.math import symbolic
from mmeval_tasks.domains.math.answers import minerva
from mmeval_tasks.domains.math.cloze import cloze
from mmeval_tasks.domains.math.cloze import stated as stated_formula
from mmeval_tasks.domains.math.layouts import final_answer, options_of
from mmeval_tasks.domains.math.normal import hendrycks_equal, hendrycks_form, minerva_form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\\frac12", "\\dfrac{1}{2}"),
        ("0.5", "1/2"),
        ("x = 5", "5"),
        ("=5", "5"),
        ("x = .5", "\\frac{1}{2}"),
        ("\\frac1{72}", "\\frac{1}{72}"),
        ("\\sqrt3", "\\sqrt{3}"),
        ("\\left( 2, 3 \\right)", "(2,3)"),
        ("90^\\circ", "90"),
        ("5\\text{ cm}", "5"),
        ("\\$ 12", "12"),
    ],
)
def test_hendrycks_takes_for_equal(one: str, other: str) -> None:
    assert hendrycks_form(one) == hendrycks_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$x = 5$", "5"),
        ("1,234 dollars", "1234"),
        ("$\\frac12$", "\\frac{1}{2}"),
        ("\\sqrt[3]8", "\\sqrt[3]{8}"),
        ("-1,000", "-1000"),
        ("1 \\text{ and } 2", "1,2"),
        ("$\\text{east}$", "east"),
        ("12 cm", "12"),
        ("\\boxed{7}", "7"),
        ("90^\\circ", "90"),
    ],
)
def test_minerva_takes_for_equal(one: str, other: str) -> None:
    assert minerva_form(one) == minerva_form(other)


@pytest.mark.parametrize("form", [hendrycks_form, minerva_form])
@pytest.mark.parametrize(
    ("one", "other"), [("5", "-5"), ("\\frac{1}{2}", "\\frac{2}{1}"), ("(2,3)", "(3,2)"), ("2x", "x2")]
)
def test_different_answers_stay_different(form: object, one: str, other: str) -> None:
    assert callable(form)
    assert form(one) != form(other)


def test_lists_are_no_thousands() -> None:
    assert minerva_form("0,1") != minerva_form("01")


def test_answers_without_a_form_are_compared_as_they_are() -> None:
    assert hendrycks_equal("x/2", "x/2")
    assert not hendrycks_equal(" x/2", "x/2")
    assert not hendrycks_equal("\\frac", "1")


@pytest.mark.skipif(not symbolic.available(), reason="needs math-verify with antlr4-python3-runtime==4.11.0")
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("x^2+2x+1", "(x+1)^2", True), ("0.5", "\\frac{1}{2}", True), ("2x", "2y", False), ("[1,2)", "]", False)],
)
def test_answers_as_mathematics(one: str, other: str, same: bool) -> None:
    assert symbolic.equal(one, other) is same


def test_a_statement_ends_as_the_examples_do() -> None:
    doc = {"answer": "5", "solution": "$\\boxed{5}$"}
    stated = "Final Answer: The final answer is $5$"
    assert minerva(doc, [f"{stated}. I hope it is correct."])["exact_match"] == 1.0
    assert minerva(doc, [stated])["unparsed_rate"] == 1.0


def test_the_answer_of_a_solution_is_its_last_box() -> None:
    assert final_answer("First $\\boxed{1}$, then $\\boxed{\\frac{1}{2}}$.") == "\\frac{1}{2}"
    assert final_answer("It is $\\boxed 9$.") == "9"
    with pytest.raises(ValueError, match="without an answer"):
        final_answer("Nothing.")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So \\boxed{x = 5}.", "5"),
        ("First $a = 1$ and $b$,\nthen $y = \\frac12$.", "\\frac12"),
        ("y = 2 + 3 = 5.", "5"),
        ("It is 4 or 5.", "5"),
        ("\\boxed{5", None),
        ("nothing", None),
    ],
)
def test_what_a_cloze_answer_states(text: str, answer: str | None) -> None:
    assert stated_formula(text) == answer


def test_cloze_answers() -> None:
    assert cloze({"answer": "$\\frac{1}{2}$"}, ["x = 0.5"]) == {"acc": 1.0}
    assert cloze({"answer": "5"}, ["nothing"]) == {"acc": 0.0}


def test_options_of_mathqa() -> None:
    assert options_of("a ) 38 , b ) rs . 400 , c ) 1,000 , d ) 28 , e ) none of these") == [
        *("38", "rs . 400", "1,000", "28", "none of these")
    ]


@pytest.mark.parametrize(
    ("said", "wanted", "right"),
    [
        ("25.1%", "25.0%", True),
        ("25.5%", "25.0%", False),
        ("△1,200百万円", "-1200", True),
        ("1,200百万円", "△1,200", False),
        ("3億", "300000000", True),
        ("はい", "はい", True),
        ("いいえ", "はい", False),
        ("増加しました", "増加", True),
        ("0.1", "0", False),
    ],
)
def test_japanese_numbers(said: str, wanted: str, right: bool) -> None:
    assert matches(said, wanted) is right


def test_what_is_stated() -> None:
    assert stated("計算します。\n回答：25.0%") == "25.0%"
    assert stated("よって\n25.0%\n") == "25.0%"
    assert number_of("前年は40、当年は50") is None
