"""Every problem in a task file is one line with file, line and the nearest key."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmeval.errors import SpecError
from mmeval.spec.task_spec import TaskSpec, check
from mmeval.spec.yaml import Document, load


def _problems(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    file = folder / "task.yaml"
    file.write_text("task: t\n" + text, encoding="utf-8")
    return [(error.line, error.problem, error.hint) for error in check(load(file))]


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        ("doc_to_txt: x", 2, "unknown key 'doc_to_txt'", "did you mean 'doc_to_text'?"),
        ("fewshot_config: {smpler: x}", 2, "unknown key 'fewshot_config.smpler'", "did you mean 'sampler'?"),
        ("filter_list:\n- name: a", 3, "the key 'filter' is missing in 'filter_list.0'", ""),
        ("filter_list:\n- name: a\n  filters: []", 4, "unknown key 'filter_list.0.filters'", "did you mean 'filter'?"),
        ('num_fewshot: "5"', 2, "num_fewshot: expected a whole number, not text", ""),
        ("num_fewshot: -1", 2, "num_fewshot: input should be greater than or equal to 0", ""),
        ("num_fewshot: true", 2, "num_fewshot: expected a whole number, not true or false", ""),
        ("doc_to_text: [a]", 2, "doc_to_text: expected text or a whole number or a !function, not a list", ""),
        ("process_docs: utils.f", 2, "process_docs: expected a !function, not text", ""),
        ("metric_list: {metric: acc}", 2, "metric_list: expected a list, not a mapping", ""),
        ("metric_list:\n- acc", 3, "metric_list.0: expected a mapping, not text", ""),
        (
            "metric_list:\n- metric: acc\n  higher_is_better: 1",
            4,
            "metric_list.0.higher_is_better: expected true or false, not a whole number",
            "",
        ),
        (
            "output_type: multiple",
            2,
            "output_type: input should be 'multiple_choice', 'generate_until', 'loglikelihood' or "
            "'loglikelihood_rolling'",
            "",
        ),
        ("fewshot_config: {sampler: best}", 2, "fewshot_config.sampler: input should be 'default' or 'first_n'", ""),
        ("tag: [a, 1]", 2, "tag.1: expected text, not a whole number", ""),
    ],
)
def test_problems(tmp_path: Path, text: str, line: int, problem: str, hint: str) -> None:
    assert (line, problem, hint) in _problems(tmp_path, text)


def test_all_problems_are_found(tmp_path: Path) -> None:
    assert len(_problems(tmp_path, "a: 1\nb: 2\nrepeats: 0\n")) == 3


def test_an_unknown_key_far_from_all_lists_them(tmp_path: Path) -> None:
    ((_, _, hint),) = _problems(tmp_path, "zzzz: 1\n")
    assert hint.startswith("known keys: ")
    assert "class, " in hint


def test_null_counts_as_absent(tmp_path: Path) -> None:
    assert _problems(tmp_path, "dataset_name: null\nvalidation_split: ~\nfewshot_split:\n") == []


def test_parse_raises_the_first_problem(tmp_path: Path) -> None:
    file = tmp_path / "task.yaml"
    file.write_text("task: t\ndoc_to_txt: x\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"task\.yaml:2: unknown key 'doc_to_txt'"):
        TaskSpec.from_file(file)


def test_keys_and_defaults(tmp_path: Path) -> None:
    file = tmp_path / "task.yaml"
    text = "task: t\ntag: a\ngroup: old\ntask_list: []\nmetadata: 3\nmetric_list: [{metric: f1, average: macro}]\n"
    file.write_text(text, encoding="utf-8")
    spec = TaskSpec.from_file(file)
    assert (spec.tag, spec.target_delimiter, spec.fewshot_delimiter) == (["a"], " ", "\n\n")
    assert spec.output_type == "generate_until"
    assert spec.details == {"_metadata": 3}
    assert spec.metric_list is not None
    assert spec.metric_list[0].options == {"average": "macro"}
    assert str(spec.error("odd", "metric_list", 0)) == f"{file}:6: task 't': odd"


def test_the_schema_for_editors() -> None:
    schema = TaskSpec.model_json_schema()
    assert schema["properties"]["output_type"]["enum"][0] == "multiple_choice"
    assert schema["additionalProperties"] is False
    assert "class" in schema["properties"]


_KEYS = st.sampled_from([*TaskSpec.model_fields, "class", "doc_to_txt", ""])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_whatever_a_file_says_is_taken_or_a_problem(data: dict[str, object]) -> None:
    document = Document(data, Path("nowhere.yaml"))
    problems = [str(error) for error in check(document)]
    assert all("\n" not in problem for problem in problems)
    with nullcontext() if not problems else pytest.raises(SpecError):
        TaskSpec.parse(document)
