"""Group files: members, aggregates, overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.errors import SpecError
from mmeval.spec.group_spec import GroupSpec
from mmeval.spec.yaml import load


def _group(folder: Path, text: str) -> GroupSpec:
    file = folder / "group.yaml"
    file.write_text("group: g\n" + text, encoding="utf-8")
    return GroupSpec.parse(load(file))


def test_one_member_may_be_a_bare_name(tmp_path: Path) -> None:
    assert _group(tmp_path, "task: a").task == ["a"]


def test_one_aggregate_may_be_bare(tmp_path: Path) -> None:
    group = _group(
        tmp_path, "task: [a, {task: b, num_fewshot: 2}]\naggregate_metric_list: {metric: acc, filter_list: x}"
    )
    assert group.task == ["a", {"task": "b", "num_fewshot": 2}]
    assert [(one.metric, one.filter_list, one.weight_by_size) for one in group.aggregates] == [("acc", ["x"], True)]


def test_other_keys_are_overrides(tmp_path: Path) -> None:
    assert _group(tmp_path, "task: [a]\nnum_fewshot: 5\nmetadata: {version: 1}").overrides == {"num_fewshot": 5}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("task: 3", r":2: task: expected text or a list, not a whole number"),
        ("group_alias: x", r"the key 'task' is missing"),
        ("task: [a]\naggregate_metric_list: [{filter_list: a}]", r":3: the key 'metric' is missing"),
    ],
)
def test_problems(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        _group(tmp_path, text)
