"""The reference verdicts: 4,271 responses to level 1 and 125 to the sub-benchmarks."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval_tasks.longreasonarena import Backtracking, Level1, Retrieval
from mmeval_tasks.longreasonarena.boxes import BoxedStructureTask
from mmeval_tasks.longreasonarena.comparison import RULES
from mmeval_tasks.longreasonarena.verdict import judge, judge_leniently
from tests.tasks.longreasonarena.conftest import ReadRows


def test_all_verdicts_are_the_expected_ones(level1: Level1, read: ReadRows) -> None:
    samples = list(level1.samples())
    rows = read("verdicts")
    started = time.process_time()
    found = [level1.judge(samples[row["row_index"]], row["response"]).verdict for row in rows]
    assert time.process_time() - started < 10
    wrong = Counter(row["kind"] for row, verdict in zip(rows, found, strict=True) if verdict != row["expected"])
    assert not wrong
    assert Counter(found) == {"wrong": 2200, "correct": 1626, "invalid": 445}


def test_probes_are_judged_by_reason(level1: Level1, read: ReadRows) -> None:
    samples = list(level1.samples())
    reasons = Counter(
        (row["kind"], level1.judge(samples[row["row_index"]], row["response"]).reason)
        for row in read("verdicts")
        if row["kind"].startswith("probe")
    )
    unsafe = {"import", "exit", "open", "dunder", "leak_item", "leak_list", "leak_empty"}
    too_large = {"powbomb", "repeat_bomb"}
    for kind, reason in reasons:
        name = kind.removeprefix("probe_")
        assert name not in unsafe or reason in ("unsafe_expression", "value"), (kind, reason)
        assert name not in too_large or reason in ("too_large", "value"), (kind, reason)
    assert reasons["probe_powbomb", "too_large"] > 0


def test_lenient_verdicts_rescue_no_wrong_answer(level1: Level1, read: ReadRows) -> None:
    samples = list(level1.samples())
    rescued: Counter[tuple[str, bool | None]] = Counter()
    for row in read("verdicts"):
        sample = samples[row["row_index"]]
        verdict = level1.judge(sample, row["response"])
        if verdict.verdict == "wrong" and level1._leniently(sample, verdict):
            rescued[row["kind"], row["intended"]] += 1
    assert not [kind for kind, intended in rescued if intended is not True]
    assert rescued["nested_box", True] == 71
    assert sum(rescued.values()) > 600


def test_reference_answers_are_right_but_for_infinity(level1: Level1) -> None:
    samples = list(level1.samples())
    answers = [sample.target if isinstance(sample.target, str) else repr(sample.target) for sample in samples]
    verdicts = [level1.judge(sample, f"\\boxed{{{answer}}}") for sample, answer in zip(samples, answers, strict=True)]
    assert [index for index, verdict in enumerate(verdicts) if not verdict.correct] == [342]
    assert level1._leniently(samples[342], verdicts[342])


@pytest.mark.parametrize(("name", "task"), [("retrieval", Retrieval), ("backtracking", Backtracking)])
def test_sub_benchmark_scores(name: str, task: type[BoxedStructureTask], folder: Path, read: ReadRows) -> None:
    made = task(dataset=str(folder / f"{name}_sample.jsonl"))
    samples = list(made.samples())
    rows = [row for row in read("subbench_verdicts") if row["task"] == name]
    scores = [made.judge(samples[row["sample_index"]], row["response"]).values for row in rows]
    assert [score["acc"] for score in scores] == [row["strict_score"] for row in rows]
    official = [0 if row["official_score"] == "crash" else row["official_score"] for row in rows]
    assert [score["acc_official"] for score in scores] == official
    assert len(rows) == {"retrieval": 60, "backtracking": 65}[name]


@pytest.mark.parametrize(
    ("answer", "reference", "correct"),
    [
        ("'27'", "27", True),
        ("27'", "27", False),
        ("27'", "7", True),
        ("True", "true", False),
        ("true", "True", True),
        ("FALSE", False, True),
        ("TRUE", True, False),
        ("true", 1, True),
        ("27,", 27, False),
        ("12,345", 12345, False),
        ("[1.0, 2]", [1, 2], True),
        ("(1, 2)", [1, 2], False),
        ("", "", True),
        ("'", "", True),
    ],
)
def test_typing_by_the_reference(answer: str, reference: Any, correct: bool) -> None:
    assert judge(answer, reference, RULES["eq"]).correct is correct


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (" $27$ ", 27),
        ("\\boxed{27}", 27),
        ("\\mathbf{27}", 27),
        ("12{,}345", 12345),
        ("12\\,345", 12345),
        ("12\\_345", 12345),
        ("007", 7),
        ("'27'", 27),
        ("\u221227", -27),
        ("ans = 27", 27),
        ("\\infty", float("inf")),
        ("\\left[1, 2\\right]", [1, 2]),
        ("(1, (2, 3))", [1, [2, 3]]),
        ("1, 2", [1, 2]),
        ("[ab, c_d, True]", ["ab", "c_d", True]),
        ("[null, TRUE]", [None, True]),
        ("\u201cj\u201d", "j"),
        ("`j`", "j"),
    ],
)
def test_repairs(answer: str, reference: Any) -> None:
    assert not judge(answer, reference, RULES["eq"]).correct
    assert judge_leniently(answer, reference, RULES["eq"])


@pytest.mark.parametrize("piece", ["\\boxed{", "\\text{", "$", "'", "`", "0", "12,", "a=", "inf ", "\\left"])
@pytest.mark.parametrize("reference", [1, 0.5, ["a"], [1], "a", True])
def test_long_answers_are_judged_in_a_bounded_time(piece: str, reference: Any) -> None:
    answer = piece * 30_000 + "}" * 30_000 * piece.endswith("{")
    started = time.process_time()
    assert not judge(answer, reference, RULES["eq"]).correct
    assert not judge_leniently(answer, reference, RULES["eq"])
    assert time.process_time() - started < 2


@given(st.text(), st.integers() | st.text() | st.lists(st.integers() | st.text()) | st.floats() | st.booleans())
def test_any_answer_gets_a_verdict(answer: str, reference: Any) -> None:
    for rule in RULES.values():
        assert judge(answer, reference, rule).verdict in ("correct", "wrong")
        assert judge_leniently(answer, reference, rule) in (True, False)
