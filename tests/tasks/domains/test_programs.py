"""FinQA's programs: read, executed and compared."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval_tasks.domains.finance.programs import equivalent, executed, is_right, steps_of
from tests.tasks.domains import support

TABLE = [
    ["", "2009", "2008"],
    ["net sales", "$ 5,829", "$ 5,735"],
    ["share", "12.5%", "50%"],
    ["loss", "-3 (3)", "7"],
    ["text", "n/a", "1"],
]


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("subtract(5829, 5735), divide(#0, 5735)", 0.01639),
        ("subtract(5829,5735),divide(#0,5735)", 0.01639),
        ("multiply(12.5%, const_100)", 12.5),
        ("add(const_m1, 3)", 2.0),
        ("exp(2, const_3)", 8.0),
        ("greater(2, 3)", "no"),
        ("table_sum(net sales, none), divide(#0, const_2)", 5782.0),
        ("table_average(share, none)", 0.3125),
        ("table_max(loss, none), table_min(loss, none), subtract(#0, #1)", 10.0),
        ("table_sum(text, none)", None),
        ("table_sum(costs, none)", None),
        ("divide(1, 0)", None),
        ("exp(10, 1000)", None),
        ("exp(const_m1, 0.5)", None),
        ("add(#0, 1)", None),
        ("add(1, 2), add(#3, 1)", None),
        ("add(1, 2), add(#-1, 1)", None),
        ("greater(2, 3), add(#0, 1)", None),
    ],
)
def test_execution(program: str, wanted: float | str | None) -> None:
    assert steps_of(program)
    assert executed(steps_of(program), TABLE) == wanted


@pytest.mark.parametrize("text", ["", "12", "sum(1, 2)", "add(1)", "add(1, 2) and more", "add(1, 2), " * 21])
def test_what_is_no_program(text: str) -> None:
    assert not steps_of(text)


@pytest.mark.parametrize(
    ("result", "gold", "right"),
    [
        (0.01639, "0.01639", True),
        (0.01639, "0.0164", False),
        ("yes", "yes", True),
        (1.0, "yes", False),
        (None, "0", False),
    ],
)
def test_results(result: float | str | None, gold: str, right: bool) -> None:
    assert is_right(result, gold) is right


@pytest.mark.parametrize(
    ("program", "gold", "same"),
    [
        ("add(1, 2)", "add(2, 1)", True),
        ("subtract(1, 2)", "subtract(2, 1)", False),
        ("divide(8, 5), divide(2, 5), subtract(#0, #1)", "subtract(8, 2), divide(#0, 5)", True),
        ("add(1, 1)", "add(1, 2)", False),
        ("add(3, 0)", "add(1, 2)", False),
        ("divide(8, 5), subtract(#0, const_1)", "subtract(8, 5), divide(#0, 5)", False),
        ("table_sum(sales, none)", "table_sum(sales, none)", True),
        ("table_max(sales, none)", "table_sum(sales, none)", False),
        ("greater(3, 2)", "greater(3, 2)", True),
        ("greater(2, 3)", "greater(3, 2)", False),
        ("multiply(1, 1)", "exp(1, 1)", False),
        ("", "add(1, 2)", False),
    ],
)
def test_equivalence(program: str, gold: str, same: bool) -> None:
    pytest.importorskip("sympy")
    assert equivalent(steps_of(program), steps_of(gold)) is same


NUMBER = st.integers(1, 999)
OPERATION = st.sampled_from(["add", "subtract", "multiply", "divide"])
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


@settings(deadline=None)
@given(NUMBER, NUMBER, st.lists(st.tuples(OPERATION, NUMBER), max_size=4), OPERATION)
def test_a_chain_is_pythons_own_arithmetic(one: int, other: int, more: list[tuple[str, int]], first: str) -> None:
    program, value = f"{first}({one}, {other})", eval(f"{one} {SIGNS[first]} {other}")
    for place, (operation, number) in enumerate(more):
        program += f", {operation}(#{place}, {number})"
        value = eval(f"value {SIGNS[operation]} number")
    found = executed(steps_of(program), [])
    assert isinstance(found, float)
    assert math.isclose(found, value, rel_tol=1e-12, abs_tol=5.1e-6)


def test_the_task_runs_programs_over_its_table(tmp_path: Path) -> None:
    program = "subtract(5829, 5735), divide(#0, 5735)"
    row = {
        "id": "A/2010/page_1.pdf-1",
        "filename": "A/2010/page_1.pdf",
        "pre_text": ["before", "it"],
        "post_text": ["after"],
        "table": TABLE,
        "qa": {"question": "how did net sales change?", "exe_ans": 0.01639, "program": program},
    }
    (tmp_path / "finqa.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    task = support.load("finqa_program", tmp_path)
    (sample,) = task.samples()
    assert task.requests(sample)[0].prompt.text.endswith("after\nQuestion: how did net sales change?\nProgram:")
    assert support.scores(task, lambda sample: f" {program}\nmore") == {
        "execution_acc": 1.0,
        "program_acc": 1.0,
        "unparsed_rate": 0.0,
    }
    other = "divide(5829, 5735), subtract(#0, const_1)"
    assert support.scores(task, lambda sample: other)["execution_acc"] == 1.0
    assert support.scores(task, lambda sample: other)["program_acc"] == 0.0
    assert support.scores(task, lambda sample: "0.01639")["unparsed_rate"] == 1.0
