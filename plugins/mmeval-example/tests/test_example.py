"""Every plugin of this package keeps mmeval's contract, and they work together."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from mmeval_example.command import wrong
from mmeval_example.extractor import last_number
from mmeval_example.hooks import mmeval_report_section
from mmeval_example.metric import distance
from mmeval_example.model import Counter
from mmeval_example.task import LetterCounts

from mmeval.testing import ExtractorConformance, MetricConformance, ModelConformance, ScriptedModel, TaskConformance

if TYPE_CHECKING:
    from mmeval.testing.pytest_plugin import MmevalRun


class TestTask(TaskConformance):
    task = LetterCounts


class TestModel(ModelConformance):
    model = Counter
    varies = False  # it never samples


class TestMetric(MetricConformance):
    metric = distance
    pairs = (("4", "4"), ("4", "7"), ("-100", "7"))


class TestExtractor(ExtractorConformance):
    extractor = last_number
    finds = (("It has 4 letters, no: 5.", "5"), ("minus -3", "-3"))
    misses = ("I cannot count.", "")


@pytest.mark.parametrize(("off_by", "right", "away"), [(0, 1.0, 0.0), (1, 0.0, 1.0), (50, 0.0, 10.0)])
def test_a_run(mmeval_run: MmevalRun, off_by: int, right: float, away: float) -> None:
    results = mmeval_run(LetterCounts(), Counter(off_by))
    assert results.exit_code == 0
    entry = results.tasks["example_task"]
    assert (entry["exact_match,none"], entry["example_distance,none"]) == (right, away)


def test_a_run_by_name_with_reporter_and_command(mmeval_run: MmevalRun) -> None:
    results = mmeval_run("example_task", "example_model", model_args={"off_by": 1}, reporters="example_csv", limit=2)
    rows = list(csv.DictReader((results.directory / "results.csv").open()))
    assert [(row["metric"], row["value"]) for row in rows] == [("exact_match", "0.0"), ("example_distance", "1.0")]
    listed = CliRunner().invoke(wrong, [str(results.directory)], standalone_mode=False)
    assert listed.output.splitlines() == [
        "example_task test:0: '6', right is '5'",
        "example_task test:1: '5', right is '4'",
    ]


def test_the_hook_names_tasks_without_answers(mmeval_run: MmevalRun) -> None:
    mute = mmeval_run(LetterCounts(), ScriptedModel(lambda ask: "no idea"))
    assert mmeval_report_section(mute.data) == "example: hardly an answer could be read of example_task"
    assert mmeval_report_section(mmeval_run(LetterCounts(), Counter()).data) == ""
