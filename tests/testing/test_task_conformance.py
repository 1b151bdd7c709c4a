"""The kit catches planted faults of tasks, each by the method that names it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mmeval.task import Answered, Artifacts, Baseline, Task
from mmeval.testing import ListTask, TaskConformance
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Loglikelihood,
    Outcome,
    Prompt,
    Response,
    Sample,
    SampleScore,
    TaskResult,
)

from .suites import failures

PAIRS = [(f"question {number}", "A") for number in range(12)]
counter = itertools.count()


class Plain(ListTask):
    def __init__(self) -> None:
        super().__init__(PAIRS)


class Choices(ListTask):
    def __init__(self) -> None:
        super().__init__(PAIRS, choices=("A", "B"))


class TwoRounds(Plain):
    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        return [Generate(Prompt.of("and now?"))] if len(responses) == 1 else ()


@pytest.mark.parametrize("task", [Plain, Choices, TwoRounds])
def test_a_sound_task_passes(task: Callable[[], Task], tmp_path: Path) -> None:
    assert failures(suite(task), tmp_path) == {}


def suite(task: Callable[[], Task]) -> type[TaskConformance]:
    return type("Suite", (TaskConformance,), {"task": task})


class Empty(Plain):
    def samples(self) -> Iterator[Sample]:
        return iter(())


class SameIds(Plain):
    def samples(self) -> Iterator[Sample]:
        return (replace(sample, sample_id="same") for sample in super().samples())


class CountedIds(Plain):
    """Ids go on counting over constructions and iterations."""

    def samples(self) -> Iterator[Sample]:
        return (replace(sample, sample_id=f"test:{next(counter)}") for sample in super().samples())


class IdsOfTheInstance(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.offset = next(counter)

    def samples(self) -> Iterator[Sample]:
        return (replace(sample, sample_id=f"{self.offset}:{sample.sample_id}") for sample in super().samples())


class GrowingDocs(Plain):
    def samples(self) -> Iterator[Sample]:
        for sample in super().samples():
            yield replace(sample, doc={**sample.doc, "draw": next(counter)})


class WrongSize(Plain):
    def size(self) -> int:
        return 5


class ObjectTarget(Plain):
    def samples(self) -> Iterator[Sample]:
        return (replace(sample, target=object()) for sample in super().samples())


class NoSuchSlice(Plain):
    slices = ("level",)


class NoSuchCluster(Plain):
    cluster = "image"


class AsksNothing(Plain):
    def requests(self, sample: Sample) -> Sequence[Ask]:
        return []


class NoContinuations(Plain):
    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Loglikelihood(Prompt.of("x"), ())]

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {"acc": 0.0})


class DrawnRequests(Plain):
    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Generate(Prompt.of(f"{sample.doc['question']} ({next(counter)})"))]


class EndlessFollowUp(Plain):
    def follow_up(self, sample: Sample, responses: Sequence[Response]) -> Sequence[Ask]:
        return [Generate(Prompt.of("again?"))]


class UnknownMetric(Plain):
    metrics = ("no_such_metric",)


class NoMetrics(Plain):
    metrics = ()


class CountingScore(Plain):
    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {"acc": float(next(counter))})


class ScoreChangesDoc(Plain):
    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        sample.doc["seen"] = True  # type: ignore[index]
        return super().score(sample, responses)


class ScoresByPosition(Plain):
    """The first sample of a call is right, whatever it says."""

    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        for position, item in enumerate(answered):
            yield SampleScore(item.sample.sample_id, {"acc": float(position == 0)})


class RemembersAnswers(Plain):
    """Keeps what it has read over calls."""

    def __init__(self) -> None:
        super().__init__()
        self.read: dict[str, set[str]] = {}

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        read = self.read.setdefault(sample.sample_id, set())
        read.add(responses[0].text)  # type: ignore[union-attr]
        return SampleScore(sample.sample_id, {"acc": float("A" in read)})


class FailsOnOddText(Plain):
    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {"acc": float(responses[0].text[0] == "A")})  # type: ignore[union-attr]


class NoReason(Plain):
    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {}, Outcome.UNPARSED)


class OtherValue(Plain):
    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {"accuracy": 1.0})


class LosesSamples(Plain):
    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        return super().score_all(answered[1:])


class FailuresAreWrong(Plain):
    def score_all(self, answered: Sequence[Answered]) -> Iterator[SampleScore]:
        for item in answered:
            response = item.repeats[0][0]
            text = "" if isinstance(response, Failure) else response.text  # type: ignore[union-attr]
            yield SampleScore(item.sample.sample_id, {"acc": float(text == "A")})


class BrokenBaseline(Plain):
    def baselines(self) -> Mapping[str, Baseline]:
        return {"oracle": lambda sample: Failure("no idea")}


class DividesByTheScored(Plain):
    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        right = sum(score.values["acc"] for score in scored)
        assert right / len(scored) >= 0, "an aggregate that fails shows as its own error"
        return artifacts.summarize(scored)


class PathInConfig(Plain):
    def config(self) -> Mapping[str, Any]:
        return {"folder": Path("data")}


@pytest.mark.parametrize(
    ("task", "caught_by"),
    [
        (Empty, "test_has_samples"),
        (SameIds, "test_ids_are_unique_strings"),
        (CountedIds, "test_samples_are_the_same_in_a_second_iteration"),
        (IdsOfTheInstance, "test_samples_are_the_same_from_a_second_construction"),
        (IdsOfTheInstance, "test_samples_do_not_depend_on_the_limit"),
        (GrowingDocs, "test_samples_are_the_same_in_a_second_iteration"),
        (WrongSize, "test_size_is_the_number_of_samples"),
        (ObjectTarget, "test_samples_are_json"),
        (NoSuchSlice, "test_slices_and_cluster_are_metadata"),
        (NoSuchCluster, "test_slices_and_cluster_are_metadata"),
        (AsksNothing, "test_requests_are_valid"),
        (DrawnRequests, "test_requests_are_the_same_twice"),
        (EndlessFollowUp, "test_follow_ups_end"),
        (NoMetrics, "test_metrics_are_known"),
        (CountingScore, "test_scoring_changes_nothing"),
        (ScoreChangesDoc, "test_scoring_changes_nothing"),
        (ScoresByPosition, "test_scores_do_not_depend_on_the_order_of_samples"),
        (RemembersAnswers, "test_scores_do_not_depend_on_what_was_scored_before"),
        (FailsOnOddText, "test_any_answer_gets_an_outcome"),
        (NoReason, "test_any_answer_gets_an_outcome"),
        (OtherValue, "test_scores_are_of_the_sample_and_json"),
        (LosesSamples, "test_scores_are_of_the_sample_and_json"),
        (FailuresAreWrong, "test_a_failed_request_is_an_error_and_not_a_wrong_answer"),
        (BrokenBaseline, "test_baselines_are_scored"),
        (PathInConfig, "test_config_is_json"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_fault_is_caught(task: type[Task], caught_by: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as caught:
        run(suite(task), caught_by, tmp_path)
    assert str(caught.value), "a failing test must say what is wrong"


@pytest.mark.parametrize(
    ("task", "caught_by", "error"),
    [
        (NoContinuations, "test_requests_are_valid", AssertionError),
        (UnknownMetric, "test_metrics_are_known", Exception),
        (DividesByTheScored, "test_aggregates_when_nothing_was_scored", ZeroDivisionError),
        (DividesByTheScored, "test_aggregates_when_all_failed", KeyError),
    ],
)
def test_a_fault_of_the_task_shows_as_its_own_error(
    task: type[Task], caught_by: str, error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        run(suite(task), caught_by, tmp_path)


def run(suite: type[TaskConformance], name: str, tmp_path: Path) -> None:
    method = getattr(suite(), name)
    method(tmp_path) if name.startswith("test_aggregates") else method()
