"""Groups: members by name, overrides on the way down, tasks and groups defined in place."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from mmeval.errors import MissingRequirementError, SpecError
from mmeval.task import Aggregate, Group
from mmeval.yaml_task.load import TaskOptions, load
from mmeval.yaml_task.task import YamlTask

TASK = "dataset_path: x\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n"


class Folder:
    """Names as the files of a folder; `a` and `b` carry the tag `both`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in "ab":
            (folder / f"{name}.yaml").write_text(f"task: {name}\nnum_fewshot: 1\n{TASK}", encoding="utf-8")

    def file_of(self, name: str) -> Path | None:
        file = self.folder / f"{name}.yaml"
        return file if file.is_file() else None

    def tagged(self, name: str) -> Sequence[str]:
        return ("a", "b") if name == "both" else ()


def _load(folder: Path, text: str, name: str = "g") -> list[YamlTask | Group]:
    names = Folder(folder)
    (folder / f"{name}.yaml").write_text(f"group: {name}\n{text}", encoding="utf-8")
    return list(load(folder / f"{name}.yaml", TaskOptions(), names))


def _shots(loaded: Sequence[YamlTask | Group]) -> dict[str, int]:
    return {task.name: task.num_fewshot for task in loaded if isinstance(task, YamlTask)}


def test_a_plain_group_is_names_only(tmp_path: Path) -> None:
    text = "task: [a, b]\naggregate_metric_list: [{metric: acc, weight_by_size: false, aggregation: mean}]\n"
    assert _load(tmp_path, text) == [Group("g", ("a", "b"), (Aggregate("acc", None, False),))]


def test_each_aggregate_has_pipelines_and_weights_of_its_own(tmp_path: Path) -> None:
    metrics = "[{metric: acc, filter_list: strict}, {metric: f1, filter_list: [x, y], weight_by_size: no}]"
    text = f"group_alias: G\ntask: [a]\naggregate_metric_list: {metrics}\nmetadata: {{version: 2.0}}\n"
    aggregate = (Aggregate("acc", ("strict",)), Aggregate("f1", ("x", "y"), weight_by_size=False))
    assert _load(tmp_path, text) == [Group("g", ("a",), aggregate, alias="G", version="2.0")]


def test_a_bare_name_is_one_member(tmp_path: Path) -> None:
    assert _load(tmp_path, "task: a\n") == [Group(name="g", members=("a",))]


def test_keys_of_a_group_override_every_leaf(tmp_path: Path) -> None:
    *tasks, group = _load(tmp_path, "task: [both]\nnum_fewshot: 4\n")
    assert isinstance(group, Group)
    assert (_shots(tasks), group.members) == ({"a": 4, "b": 4}, ("a", "b"))


def test_keys_of_an_entry_override_those_of_the_group(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "task: [{task: a, num_fewshot: 2}, b]\nnum_fewshot: 4\n")
    assert _shots(loaded) == {"a": 2, "b": 4}


def test_overrides_go_through_nested_groups(tmp_path: Path) -> None:
    _load(tmp_path, "task: [a, {task: b, num_fewshot: 3}]\nnum_fewshot: 2\n", "inner")
    loaded = _load(tmp_path, "task: [{group: inner, num_fewshot: 5}]\n")
    assert _shots(loaded) == {"a": 5, "b": 3}
    assert [(one.name, one.members) for one in loaded if isinstance(one, Group)] == [
        ("inner", ("a", "b")),
        ("g", ("inner",)),
    ]


def test_tasks_and_groups_defined_in_place(tmp_path: Path) -> None:
    text = "task:\n- group: sub\n  task: [{task: new, doc_to_text: q, doc_to_target: a, num_fewshot: 2}]\n"
    task, sub, group = _load(tmp_path, text)
    assert isinstance(sub, Group)
    assert isinstance(group, Group)
    assert (task.name, sub.name, sub.members) == ("g::sub::new", "g::sub", ("g::sub::new",))
    assert group.members == ("g::sub",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("task: [nowhere]\nnum_fewshot: 1\n", "the member 'nowhere' is not known here"),
        ("task: [{num_fewshot: 1}]\n", "a member is a name, or a mapping"),
        ("task: [g]\nnum_fewshot: 1\n", "the group contains itself: g > g"),
        ("task: [a]\nnum_fewshott: 1\n", "unknown key 'num_fewshott'"),
    ],
)
def test_problems(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        _load(tmp_path, text)
    assert caught.value.file == tmp_path / "g.yaml"


@pytest.mark.skipif(find_spec("lm_eval") is not None, reason="lm-eval is installed")
def test_python_tasks_of_lm_eval_need_it(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("task: p\nclass: !function p.P\nrecipe: x\n", encoding="utf-8")
    with pytest.raises(MissingRequirementError, match=r"task 'p' is a Python task of lm-eval \(class\)") as caught:
        list(load(file, TaskOptions()))
    assert caught.value.hint == "pip install lm_eval==0.4.13"
    with pytest.raises(SpecError, match="--no_task_code is set"):
        list(load(file, TaskOptions(no_task_code=True)))
