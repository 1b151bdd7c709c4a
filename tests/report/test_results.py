"""`results.json` in lm-eval's layout: what it says of groups."""

from __future__ import annotations

from mmeval.report.results import GroupReport, TaskReport, build
from mmeval.types import MetricResult, TaskResult


def _row(metric: str, higher: bool | None = True) -> MetricResult:
    return MetricResult(metric, 0.5, 0.1, None, 10, 10, {"scored": 10}, higher)


def _task(name: str, shots: int, *rows: MetricResult) -> TaskReport:
    return TaskReport(name, 1.0, shots, {}, 10, 10, TaskResult(rows))


def test_what_is_said_of_a_group_follows_from_its_tasks() -> None:
    tasks = [_task("b", 5, _row("acc"), _row("ter", False)), _task("a", 5, _row("acc", None)), _task("c", 0)]
    groups = [
        GroupReport("inner", ("a", "b"), ("a", "b"), (_row("acc"),), alias="Inner", version="2.0"),
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
