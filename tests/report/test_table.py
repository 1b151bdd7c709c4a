from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mmeval.errors import UnknownNameError
from mmeval.metrics.groups import GroupRow
from mmeval.report.results import GroupReport, TaskReport, build
from mmeval.report.table import Column, Table, markdown, results_table, signature_lines, slice_keys, slice_table
from mmeval.types import MetricResult, TaskResult


def row(metric: str = "acc", value: float = 0.5, **changes: Any) -> MetricResult:
    given: dict[str, Any] = {
        "stderr": 0.05,
        "interval": (0.4, 0.6),
        "n": 100,
        "total": 100,
        "outcomes": {"scored": 100},
    }
    return MetricResult(metric, value, **{**given, **changes})


def task(name: str, *rows: MetricResult, failure: str = "", **parts: Any) -> TaskReport:
    return TaskReport(name, 1, 0, {}, 100, 100, None if failure else TaskResult(rows, **parts), failure)


def data(*tasks: TaskReport, groups: Sequence[GroupReport] = ()) -> dict[str, Any]:
    return build(tasks, groups, {}, True)


def column(table: Table, title: str) -> list[str]:
    place = [each.title for each in table.columns].index(title)
    return [cells[place] for cells in table.rows]


def test_the_whole_table() -> None:
    found = markdown(results_table(data(task("quiz", row()))))
    assert found == (
        "|Tasks|Version|Filter|n-shot|Metric|   | Value|   |Stderr|95 % interval   |      n|\n"
        "|-----|------:|------|-----:|------|---|-----:|---|-----:|----------------|------:|\n"
        "|quiz |      1|none  |     0|acc   |↑  |0.5000|±  |0.0500|[0.4000, 0.6000]|100/100|"
    )


@pytest.mark.parametrize(
    ("changes", "title", "cell"),
    [
        ({"stderr": None}, "Stderr", "N/A"),
        ({"value": float("nan")}, "Value", "N/A"),
        ({"n": 88}, "n", "88/100"),
        ({"outcomes": {"scored": 80, "unparsed": 12, "error": 8, "refused": 0}}, "Outcomes", "unparsed 12, error 8"),
        ({"bounds": (0.46, 0.54)}, "Bounds", "[0.4600, 0.5400]"),
        ({"pipeline": "strict-match"}, "Filter", "strict-match"),
    ],
)
def test_cells(changes: Mapping[str, Any], title: str, cell: str) -> None:
    assert column(results_table(data(task("quiz", row(**changes)))), title) == [cell]


@pytest.mark.parametrize(("higher", "arrow"), [(True, "↑"), (False, "↓"), (None, "")])
def test_arrows(higher: bool | None, arrow: str) -> None:
    assert column(results_table(data(task("quiz", row(higher_is_better=higher)))), "")[0] == arrow


@pytest.mark.parametrize("title", ["Outcomes", "Bounds", "95 % interval"])
def test_columns_without_content_are_left_out(title: str) -> None:
    table = results_table(data(task("quiz", row(interval=None))))
    assert title not in [each.title for each in table.columns]


def test_metrics_are_sorted_and_the_task_is_named_once() -> None:
    table = results_table(data(task("quiz", row("f1"), row("acc", pipeline="b"), row("acc", pipeline="a"))))
    assert column(table, "Metric") == ["acc", "acc", "f1"]
    assert column(table, "Filter") == ["a", "b", "none"]
    assert column(table, "Tasks") == ["quiz", "", ""]


def test_baselines_stand_below_their_task() -> None:
    table = results_table(data(task("quiz", row(), baselines={"majority": (row(value=0.4),)}), task("next", row())))
    assert column(table, "Tasks") == ["quiz", "  majority (baseline)", "next"]
    assert column(table, "Value") == ["0.5000", "0.4000", "0.5000"]
    assert column(table, "n-shot") == ["0", "", "0"]


def test_groups_stand_above_their_members() -> None:
    groups = [
        GroupReport("inner", ("b",), ("b",), ()),
        GroupReport("outer", ("a", "inner"), ("a", "b"), (GroupRow(row(n=200, total=200), {}, False),)),
    ]
    table = results_table(data(task("a", row()), task("b", row()), task("b@text_only", row()), groups=groups))
    assert column(table, "Tasks") == ["outer", " - a", " - inner", "  - b", "  - b@text_only"]
    assert column(table, "n") == ["200/200", "100/100", "", "100/100", "100/100"]
    assert column(table, "Metric") == ["acc (mean of tasks, 0 of 2 tasks)", "acc", "", "acc", "acc"]


def test_the_declared_chance_stands_below_a_task_once_for_each_metric() -> None:
    both = [row(pipeline="strict"), row(pipeline="lenient"), row("f1"), row("mcc")]
    quiz = replace(task("quiz", *both), config={"metadata": {"chance": {"acc": 0.25, "f1": 0.2}}})
    table = results_table(data(quiz))
    assert column(table, "Tasks") == ["quiz", "", "", "", "  chance (baseline)", ""]
    assert column(table, "Metric")[-2:] == ["acc", "f1"]
    assert column(table, "Value")[-2:] == ["0.2500", "0.2000"]
    assert column(table, "n")[-2:] == ["", ""]


def test_a_task_of_two_groups_stands_in_both_trees_once() -> None:
    groups = [GroupReport("one", ("a",), ("a",), ()), GroupReport("two", ("a", "b"), ("a", "b"), ())]
    table = results_table(data(task("a", row()), task("b", row()), groups=groups))
    assert sorted(column(table, "Tasks")) == [" - a", " - b", "one", "two"]


def test_members_that_are_no_tasks_of_the_run_are_passed_over() -> None:
    table = results_table(data(task("a", row()), groups=[GroupReport("all", ("some_tag",), ("a",), ())]))
    assert column(table, "Tasks") == ["a", "all"]


def test_a_task_that_could_not_be_scored_says_why() -> None:
    table = results_table(data(task("quiz", failure="ValueError: no | data\nat all")))
    assert column(table, "Outcomes") == ["not scored: ValueError: no | data\nat all"]
    assert "no \\| data at all" in markdown(table)


def test_slices() -> None:
    slices = {"form": {"12": (row(value=0.25, n=4, total=4),), "3": (row(value=0.75),)}}
    found = data(task("quiz", row(), slices=slices), task("other", row()))
    assert slice_keys(found) == ["form"]
    table = slice_table(found, "form")
    assert column(table, "Tasks") == ["quiz", "quiz"]
    assert column(table, "form") == ["12", "3"]
    assert column(table, "n") == ["4/4", "100/100"]
    with pytest.raises(UnknownNameError) as caught:
        slice_table(found, "from")
    assert caught.value.hint == "did you mean form?"


def test_an_unknown_slice_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError) as caught:
        slice_table(data(task("quiz", row())), "zzz")
    assert caught.value.hint == "this run has none"


def test_markdown_of_no_rows() -> None:
    assert markdown(Table((Column("a"), Column("b", right=True)), ())) == "|a  |  b|\n|---|--:|"


def test_a_signature_is_printed_once_for_the_tasks_that_share_it() -> None:
    details = {"signatures": {"bleu": "nrefs:1|tok:13a"}}
    found = data(task("a", row(), details=details), task("b", row(), details=details), task("c", row()))
    assert signature_lines(found) == ["bleu of a, b: nrefs:1|tok:13a"]
