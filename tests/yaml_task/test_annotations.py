"""Slices, clusters and the majority baseline from a task's metadata."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.errors import SpecError
from mmeval.task import Answered
from mmeval.types import Generation, Likelihoods, Outcome, Response
from mmeval.yaml_task.task import YamlTask
from tests.yaml_task.folders import CHOICE, GENERATE, make_task

ROWS = [
    {"q": "Q0", "opts": ["x", "y"], "gold": 1, "answer": "y", "topic": "one", "page": "p1"},
    {"q": "Q1", "opts": ["y", "x"], "gold": 0, "answer": "y", "topic": "one", "page": "p1"},
    {"q": "Q2", "opts": ["x", "y"], "gold": 0, "answer": "x", "topic": "two", "page": "p2"},
]


def test_columns_become_slices_and_clusters(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metadata: {slices: [topic], cluster: page}\n", ROWS)
    assert (task.slices, task.cluster) == (("topic",), "page")
    assert [sample.metadata for sample in task.samples()][2] == {"topic": "two", "page": "p2"}


def _said(task: YamlTask) -> list[str | Response]:
    answer = task.baselines()["majority"]
    return [answer(sample) for sample in task.samples()]


def test_the_majority_is_of_names_not_of_positions(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metadata: {majority: true}\n", ROWS)
    chosen = [said.greedy.index(True) for said in _said(task) if isinstance(said, Likelihoods)]
    assert chosen == [1, 0, 1]


def test_the_majority_within_a_column(tmp_path: Path) -> None:
    assert _said(make_task(tmp_path, GENERATE + "metadata: {majority: topic}\n", ROWS)) == ["y", "y", "x"]


def test_of_several_right_answers_the_first_counts_for_the_majority(tmp_path: Path) -> None:
    rows = [{**row, "gold": [row["gold"], 1 - row["gold"]]} for row in ROWS]
    task = make_task(tmp_path, CHOICE + "metadata: {majority: true}\n", rows)
    chosen = [said.greedy.index(True) for said in _said(task) if isinstance(said, Likelihoods)]
    assert chosen == [1, 0, 1]


def test_the_majority_in_a_sentence(tmp_path: Path) -> None:
    keys = 'metadata: {majority: true, majority_said: "the answer is ({})"}\n'
    assert _said(make_task(tmp_path, GENERATE + keys, ROWS)) == ["the answer is (y)"] * 3


def test_without_a_word_there_is_no_baseline(tmp_path: Path) -> None:
    assert make_task(tmp_path, GENERATE, ROWS).baselines() == {}


@pytest.mark.parametrize(
    "keys", ["slices: topic", "cluster: [page]", "majority: 3", "majority_said: yes", "rolling_stride: third"]
)
def test_values_of_another_kind_are_refused(tmp_path: Path, keys: str) -> None:
    with pytest.raises(SpecError, match="metadata"):
        make_task(tmp_path, CHOICE + f"metadata: {{{keys}}}\n", ROWS)


def test_a_column_that_the_data_lacks_is_named(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metadata: {cluster: pgae}\n", ROWS)
    with pytest.raises(SpecError, match="the data has no column 'pgae'"):
        list(task.samples())


def test_a_generation_without_an_answer_is_unparsed_and_wrong(tmp_path: Path) -> None:
    keys = "filter_list: [{name: yes_no, filter: [{function: boolean_word}, {function: take_first}]}]\n"
    task = make_task(tmp_path, GENERATE + keys, ROWS)
    (score,) = task.score_all([Answered(next(iter(task.samples())), [[Generation("Perhaps.")]])])
    assert (score.outcome, score.values) == (Outcome.UNPARSED, {"exact_match": 0.0})
