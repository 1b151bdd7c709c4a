"""`results.json` in lm-eval's layout: what it says of groups."""

from __future__ import annotations

from dataclasses import replace

from mmeval.metrics.groups import GroupRow, group_rows
from mmeval.report.results import GroupReport, TaskReport, build
from mmeval.task import Aggregate, Group
from mmeval.types import MetricResult, TaskResult


def _row(metric: str, higher: bool | None = True) -> MetricResult:
    return MetricResult(metric, 0.5, 0.1, None, 10, 10, {"scored": 10}, higher)


def _task(name: str, shots: int, *rows: MetricResult) -> TaskReport:
    return TaskReport(name, 1.0, shots, {}, 10, 10, TaskResult(rows))


def test_what_is_said_of_a_group_follows_from_its_tasks() -> None:
    tasks = [_task("b", 5, _row("acc"), _row("ter", False)), _task("a", 5, _row("acc", None)), _task("c", 0)]
    groups = [
        GroupReport("inner", ("a", "b"), ("a", "b"), (GroupRow(_row("acc"), {}, True),), alias="Inner", version="2.0"),
        GroupReport("all", ("inner", "c"), ("a", "b", "c")),
    ]
    data = build(tasks, groups, {}, complete=True)
    assert data["versions"] == {"a": 1.0, "all": "N/A", "b": 1.0, "c": 1.0, "inner": "2.0"}
    assert data["n-shot"] == {"a": 5, "b": 5, "c": 0, "inner": 5}
    assert data["higher_is_better"]["inner"] == {"acc": None, "ter": False}
    assert list(data["versions"]) == sorted(data["versions"])
    assert data["results"]["inner"] == {
        "name": "inner",
        "alias": "Inner",
        "sample_len": 20,
        "acc,none": 0.5,
        "acc_stderr,none": 0.1,
        "sample_count": {"acc,none": 10},
    }
    assert data["groups"] == {"inner": data["results"]["inner"]}
    assert data["results"]["all"] == {"name": "all", "alias": "all"}


def test_means_of_a_group_say_which_they_are_and_lm_evals_key_is_of_the_first() -> None:
    large = replace(_row("acc"), value=0.8, n=30, total=30)
    tasks = [_task("a", 0, _row("acc")), _task("b", 0, large), _task("c", 0, _row("f1"))]
    results = {task.name: task.result.metrics for task in tasks if task.result}
    aggregate = (Aggregate("acc", None, weight_by_size=False), Aggregate("acc"))
    group = Group("all", ("a", "b", "c"), aggregate, own_metrics=True)
    rows = group_rows(group, results)
    data = build(tasks, [GroupReport("all", group.members, group.members, rows)], {}, complete=True)
    plain, sized = data["mmeval"]["groups"]["all"]
    assert (plain["mean"], sized["mean"]) == ("mean of tasks", "by size")
    assert plain["tasks"] == [3, 3]
    assert plain["instead"] == {"c": ["f1", "none"]}
    assert data["results"]["all"]["acc,none"] == plain["value"] != sized["value"]
    assert data["results"]["all"]["sample_count"] == {"acc,none": 50}


def test_rows_have_the_declared_chance() -> None:
    configs = {"a": 0.25, "b": {"acc": 0.5, "f1": 0.4}, "c": None}
    tasks = [
        replace(_task(name, 0, _row("acc"), _row("f1")), config={"metadata": {"chance": chance}})
        for name, chance in configs.items()
    ]
    results = {task.name: task.result.metrics for task in tasks if task.result}
    groups = []
    for members in (("a", "b"), ("b", "c")):
        rows = group_rows(Group("", members, ("acc",)), {name: results[name] for name in members})
        groups.append(GroupReport("+".join(members), members, members, rows))
    own = build(tasks, groups, {}, complete=True)["mmeval"]
    levels = {name: [row.get("chance") for row in task["metrics"]] for name, task in own["tasks"].items()}
    assert levels == {"a": [0.25, None], "b": [0.5, 0.4], "c": [None, None]}
    assert [row.get("chance") for rows in own["groups"].values() for row in rows] == [0.375, None]
