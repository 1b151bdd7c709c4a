"""Answers to MATH against lm-eval's own normal forms and verdicts."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmeval_tasks.domains.math.answers import hendrycks, minerva
from mmeval_tasks.domains.math.cloze import cloze
from mmeval_tasks.domains.math.normal import hendrycks_form, minerva_form

PAIRS = r"""
\frac12|\dfrac{1}{2}
0.5|1/2
0.50|\frac{1}{2}
x = .5|\frac{1}{2}
=5|5
xy = 5|5
\sqrt[3]{8}|\sqrt[3]8
\sqrt[3]{8}|2
2\sqrt{2}|\sqrt{8}
\left( 2, 3 \right)|(2,3)
90^\circ|90
5\text{ cm}|5
5\text{cm}|5
4 square inches|4
\$ 12|12 dollars
1,\!234|1,234
0,1|01
-1,000|-1000
[2,5)|[2, 5)
2,1|1,2
\frac{a}b|\frac{a}{b}
\frac1{72}|\frac{1}{72}
x/2|\frac{x}{2}
 x/2|x/2
2x|x2
x2|2y
a+b|b+a
\text{east}|east
\textbf{(A)}|A
\boxed{7}|7
\infty|(-\infty,\infty)
x^2+2x+1|(x+1)^2
y = 2x + 3|3+2x
10\ 000|10000
5.|5
1 \text{ and } 2|1,2
\begin{pmatrix} 1 \\ 2 \end{pmatrix}|\begin{pmatrix}1\\2\end{pmatrix}
\begin{pmatrix} 1 \\ -2 \end{pmatrix}|\begin{pmatrix} 1 \\ 2 \end{pmatrix}
$5$ dollars|5
It is $5$ or $6$|5
-1/2|-\frac{1}{2}
6\cdot 10^3|6000
\frac|\frac
"""
TABLE = [tuple(line.split("|")) for line in PAIRS.strip("\n").splitlines()]
PIECES = [
    *("\\frac", "\\dfrac", "\\sqrt", "\\sqrt[3]", "\\text{", "\\text{ ", "\\left(", "\\boxed{", "{", "}", "(", ")"),
    *("1", "2", "0.5", ".5", ",", "1,000", "/", "=", "x", "\\pi", "$", " ", " .", "^\\circ", "\\%", "cm", " ft ", "a "),
]
ANSWERS = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)


def _theirs(name: str) -> Any:
    return importlib.import_module(f"lm_eval.tasks.{name}.utils")


@pytest.fixture(scope="module")
def theirs() -> Any:
    """lm-eval's module for Minerva's protocol, which needs math-verify, sympy and antlr4 4.11."""
    pytest.importorskip("math_verify")
    return _theirs("minerva_math")


@pytest.mark.parametrize(("said", "wanted"), TABLE)
def test_hendrycks_verdicts(said: str, wanted: str) -> None:
    solution = f"So $\\boxed{{{wanted}}}$."
    verdict = _theirs("hendrycks_math").process_results({"solution": solution}, [said])["exact_match"]
    assert hendrycks({"answer": wanted}, [said])["exact_match"] == verdict


@pytest.mark.parametrize("pattern", ["{}", "${}$", "\\boxed{{{}}}", "$y = 1$, so $x = {}$.", "x = {}."])
@pytest.mark.parametrize(("said", "wanted"), TABLE)
def test_cloze_verdicts(said: str, wanted: str, pattern: str) -> None:
    doc, results = {"answer": f"${wanted}$"}, [pattern.format(said)]
    assert cloze(doc, results) == _theirs("agieval").process_results(doc, results)


@pytest.mark.parametrize("stated", ["Final Answer: The final answer is ${}$. I hope it is correct.", "It is ${}$."])
@pytest.mark.parametrize(("said", "wanted"), TABLE)
def test_minerva_verdicts(theirs: Any, said: str, wanted: str, stated: str) -> None:
    logging.disable(logging.WARNING)
    solution = f"So $\\boxed{{{wanted}}}$."
    text = stated.format(said)
    verdict = theirs.process_results({"solution": solution, "answer": theirs.normalize_final_answer(wanted)}, [text])
    found = minerva({"solution": solution, "answer": wanted}, [text])
    logging.disable(logging.NOTSET)
    assert {name: found[name] for name in verdict} == verdict


def _form_of(form: Callable[[str], str], text: str) -> str | None:
    """None where the rules have no form."""
    try:
        return form(text)
    except (AssertionError, IndexError, ValueError):
        return None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
def test_hendrycks_forms(text: str) -> None:
    assert _form_of(hendrycks_form, text) == _form_of(_theirs("hendrycks_math").strip_string, text)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
def test_minerva_forms(theirs: Any, text: str) -> None:
    assert minerva_form(text) == theirs.normalize_final_answer(text)
