"""The six rules of the published problems, and programs that are none of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval_tasks.longreasonarena.comparison import RULES, matches, rule_name
from mmeval_tasks.longreasonarena.data import Problem
from mmeval_tasks.longreasonarena.expression import RejectedExpression
from mmeval_tasks.longreasonarena.rules import encode, rules_for
from mmeval_tasks.longreasonarena.verdict import judge
from tests.tasks.longreasonarena.conftest import ReadRows


def test_every_published_program_is_recognised(read: ReadRows) -> None:
    rows = read("problems")
    names = {row["idx"]: rule_name(row["compare_func"]) for row in rows}
    assert Counter(names.values()) == {
        "eq": 304,
        "set": 7,
        "set_of_tuples": 2,
        "set_of_frozensets": 1,
        "sorted_sorted": 1,
        "mod_1e9+7": 1,
    }
    assert (names[12], names[2006], names[2095]) == ("sorted_sorted", "set_of_frozensets", "mod_1e9+7")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (
            "def compare(user_output, expected_output):\n    '''Doc.'''\n    return user_output == expected_output # x",
            "eq",
        ),
        ("```python\ndef compare(user_output, expected_output):\n    return True\n```", None),
        ("def compare(a, b):\n    return a == b", None),
        ("def compare(user_output, expected_output):\n    return expected_output == user_output", None),
        ("no code", None),
        ("", None),
        ("def compare(", None),
    ],
)
def test_only_the_exact_programs_are_native(source: str, name: str | None) -> None:
    assert rule_name(source) == name


@pytest.mark.parametrize(
    ("name", "answer", "reference", "right"),
    [
        ("eq", [1, 2], [1, 2], True),
        ("eq", [2, 1], [1, 2], False),
        ("set", [2, 1, 1], [1, 2], True),
        ("set", {1: "x", 2: "y"}, [1, 2], True),
        ("set", [[1]], [1, 2], False),
        ("set", 3, [1, 2], False),
        ("set_of_tuples", [(2,), [1]], [[1], [2]], True),
        ("set_of_tuples", ["ab"], [["a", "b"]], True),
        ("set_of_tuples", [1], [[1]], False),
        ("set_of_frozensets", [[2, 1], [3]], [[3], [1, 2]], True),
        ("sorted_sorted", [[3, 1], [2]], [[2], [1, 3]], True),
        ("sorted_sorted", [[3, 1], [2], [2]], [[2], [1, 3]], False),
        ("sorted_sorted", [[1, "a"]], [[1]], False),
        ("mod_1e9+7", [1], [1], False),
        ("set", 5, 5, True),
        ("mod_1e9+7", 10**9 + 8, 1, False),
    ],
)
def test_rules(name: str, answer: Any, reference: Any, right: bool) -> None:
    assert matches(RULES[name], answer, reference) is right


def test_a_comparison_that_would_take_too_long_is_refused() -> None:
    row = (0,) * 1000
    with pytest.raises(RejectedExpression):
        matches(RULES["set_of_tuples"], [[row] * 1000] * 1000, [[1]])


def _problem(idx: int, body: str) -> Problem:
    compare = f"def compare(user_output, expected_output):\n    {body}"
    return Problem(idx, f"statement {idx}", "", (), "", "", compare, "")


def test_unknown_programs_are_refused_by_name_unless_code_may_run() -> None:
    problems = [
        _problem(7, "return True"),
        _problem(8, "return user_output == expected_output"),
        _problem(9, "return 1"),
    ]
    with pytest.raises(UsageError, match="problems 7, 9 compare answers by code"):
        rules_for(problems, allow_code=False)
    assert set(rules_for(problems[1:2], allow_code=False)) == {"statement 8"}


def test_refused_programs_do_not_reach_the_sandbox() -> None:
    with pytest.raises(UsageError, match="problem 7: its comparison is refused: line 2: name 'open'"):
        rules_for([_problem(7, "return open('x')")], allow_code=True)


@pytest.mark.parametrize(
    ("body", "answer", "right"),
    [
        ("return abs(user_output[0] - expected_output[0]) < 1e-6", [1.0000001], True),
        ("return isinstance(user_output, tuple)", (1,), True),
        ("return isinstance(user_output, tuple)", [1], False),
        ("return user_output == {1: {2}, 'a': frozenset()}", {1: {2}, "a": frozenset()}, True),
        ("return math.isclose(user_output[0], 1)", [1], True),
        ("import random\n    return random is not None", [1], True),
    ],
)
def test_foreign_rules_run_in_the_sandbox(body: str, answer: Any, right: bool) -> None:
    (rule,) = rules_for([_problem(1, body)], allow_code=True).values()
    assert matches(rule, answer, [1.0]) is right


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return user_output[5] == 1", "comparison raised"),
        ("while True: pass", "comparison timeout"),
        ("return 'x' * 10**12", "comparison memory"),
        ("import math as m\n    return m.sys", "comparison raised"),
        ("return string.Formatter().format('{0.f_globals}', 1)", "comparison raised"),
    ],
)
def test_a_rule_that_says_nothing_is_a_verdict_with_its_reason(body: str, reason: str) -> None:
    (rule,) = rules_for([_problem(1, body)], allow_code=True).values()
    verdict = judge("[1]", [1.0], rule)
    assert (verdict.verdict, verdict.reason) == ("wrong", reason)


def test_a_program_that_reaches_out_is_named_in_the_verdict(caplog: pytest.LogCaptureFixture) -> None:
    """Past the look at its source: `codecs`, which `collections` does not hold, but the interpreter does."""
    body = "return string._re.enum.sys.modules['os'].system('true')"
    (rule,) = rules_for([_problem(1, body)], allow_code=True).values()
    verdict = judge("[1]", [1.0], rule)
    assert verdict.verdict == "wrong"
    assert verdict.reason == "comparison raised (tried: os.system)"
    assert "os.system" in caplog.text


def test_programs_do_not_see_one_another() -> None:
    leave = "collections.left = 1\n    return True"
    look = "return 'left' not in dir(collections)"
    first, second = rules_for([_problem(1, leave), _problem(2, look)], allow_code=True).values()
    assert [matches(rule, [1], [1]) for rule in (first, second, first, second)] == [True] * 4


def test_encoding_keeps_types_apart() -> None:
    assert encode([1]) != encode((1,))
    assert encode({"a": {1}}) == ("dict", [(("plain", "a"), ("set", [("plain", 1)]))])
