from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mmeval.errors import UsageError
from mmeval.metrics.choice import acc
from mmeval.metrics.summarize import summarize
from mmeval.testing import TaskConformance
from mmeval.types import Generate, Generation, Graph, Outcome, Sample, SampleScore, TaskResult
from mmeval_tasks.clegr import ClegrFacts, ClegrFactsOfficial, ClegrReasoning, ClegrReasoningOfficial
from mmeval_tasks.clegr.context import PREFIX
from mmeval_tasks.clegr.split import split_of
from mmeval_tasks.clegr.task import ClegrTask

TASKS: list[type[ClegrTask]] = [ClegrFacts, ClegrReasoning, ClegrFactsOfficial, ClegrReasoningOfficial]


class TestFactsConformance(TaskConformance):
    task: ClassVar[Any] = lambda: ClegrFacts(graphs=2)


class TestReasoningConformance(TaskConformance):
    task: ClassVar[Any] = lambda: ClegrReasoning(graphs=2)
    limit = 70


class TestFactsOfficialConformance(TaskConformance):
    task: ClassVar[Any] = lambda: ClegrFactsOfficial(graphs=2)


class TestReasoningOfficialConformance(TaskConformance):
    task: ClassVar[Any] = lambda: ClegrReasoningOfficial(graphs=2)
    limit = 70


class Kept:
    """What `aggregate` is given, without a run."""

    arrays = directory = Path()

    def __init__(self, task: ClegrTask, samples: Sequence[Sample]) -> None:
        self.task = task
        self.samples: Mapping[str, Sample] = {sample.sample_id: sample for sample in samples}

    def summarize(self, scored: Sequence[SampleScore]) -> TaskResult:
        return summarize(
            scored, [acc], samples=self.samples, slices=self.task.slices, cluster=self.task.cluster, bootstrap_iters=1
        )


def answered(task: ClegrTask, baseline: str, limit: int | None = None) -> TaskResult:
    """The task's result where a baseline answers the first `limit` samples."""
    answer, samples = task.baselines()[baseline], list(islice(task.samples(), limit))
    scores = [task.score(sample, [Generation(str(answer(sample)))]) for sample in samples]
    return task.aggregate(scores, Kept(task, samples))


# ---------------------------------------------------------------- baselines


@pytest.mark.parametrize("factory", TASKS)
def test_the_oracle_is_always_right(factory: type[ClegrTask]) -> None:
    result = answered(factory(graphs=60), "oracle")
    assert [row.value for row in result.metrics] == [1.0] * len(result.metrics)
    assert result.metrics[0].n > 2000


def test_every_accepted_answer_is_right() -> None:
    task = ClegrReasoning(graphs=60)
    several = [sample for sample in task.samples() if len(sample.doc["accepted"]) > 1]
    assert {sample.metadata["form"] for sample in several} >= {"StationPairAdjacent", "CompareArchitectureCount"}
    for sample in several:
        for accepted in sample.doc["accepted"]:
            assert task.score(sample, [Generation(accepted)]).values == {"acc": 1.0}


@pytest.mark.parametrize(
    ("factory", "majority"),
    [(ClegrFactsOfficial, 0.458), (ClegrReasoningOfficial, 0.454), (ClegrFacts, 0.39), (ClegrReasoning, 0.35)],
)
def test_the_majority_baseline_is_as_measured(factory: type[ClegrTask], majority: float) -> None:
    result = answered(factory(graphs=100), "majority")
    assert result.metrics[0].value == pytest.approx(majority, abs=0.025)
    assert result.details["majority"]["accuracy"] == pytest.approx(result.metrics[0].value)


@pytest.mark.parametrize("factory", TASKS)
def test_random_answers_are_of_the_right_kind_and_fixed(factory: type[ClegrTask]) -> None:
    task = factory(graphs=5)
    answer, again = task.baselines()["random_valid"], factory(graphs=5).baselines()["random_valid"]
    for sample in task.samples():
        text = str(answer(sample))
        assert task.score(sample, [Generation(text)]).outcome is Outcome.SCORED
        assert again(sample) == text
    assert 0.1 < answered(task, "random_valid").metrics[0].value < 0.5


# ---------------------------------------------------------------- samples and prompts


@pytest.mark.parametrize(("factory", "tokens"), list(zip(TASKS, (128, 128, 32, 32), strict=True)))
def test_a_prompt_is_the_graph_and_the_question(factory: type[ClegrTask], tokens: int) -> None:
    task = factory(graphs=1)
    sample = next(iter(task.samples()))
    (ask,) = task.requests(sample)
    assert isinstance(ask, Generate)
    graph = ask.prompt.parts[0]
    assert isinstance(graph, Graph)
    assert ask.prompt.text == sample.doc["context"] + sample.doc["question"]
    assert graph.text == sample.doc["context"]
    assert ("line_name" in graph.text) == (tokens == 128)
    assert ask.max_tokens == tokens
    assert factory(graphs=1).requests(sample) == task.requests(sample), "a task need not have made the sample"


def test_the_prefix_of_the_released_code_leaves_reasoning_alone() -> None:
    for factory in TASKS:
        for prefix in ("paper", "code"):
            sample = next(iter(factory(graphs=1, prefix=prefix).samples()))
            bare = prefix == "code" and factory.set_name == "reasoning"
            assert sample.doc["question"].startswith(PREFIX) != bare


def test_samples_come_map_by_map_in_the_order_of_the_forms() -> None:
    samples = list(ClegrFacts(graphs=3).samples())
    ids = [f"g{graph:04}:{form:02}:{instance}" for graph in range(3) for instance in range(2) for form in range(22)]
    assert [sample.sample_id for sample in samples] == ids
    assert samples == list(ClegrFacts(graphs=3).samples()), "from the cache"
    assert list(islice(ClegrFacts(graphs=400).samples(), len(samples))) == samples


def test_a_sample_tells_its_slices() -> None:
    by_form = {sample.doc["form"]: sample for sample in ClegrReasoning(graphs=8).samples()}
    assert by_form[37].metadata == {
        "form": "DistinctRoutes",
        "group": "ReasoningBased",
        "subgroup": ("Topology", "PathReasoning", "Aggregation"),
        "scope": "Sub-graph",
        "graph": by_form[37].metadata["graph"],
    }
    assert by_form[42].metadata["form"] == "StationSameLine"
    official = {sample.doc["form"]: sample for sample in ClegrReasoningOfficial(graphs=8).samples()}
    assert official[42].metadata["form"] == "StationSameLineTrue"


def test_candidates_leave_out_what_the_question_names() -> None:
    for sample in ClegrReasoning(graphs=10, forms="22+54+55").samples():
        asked = sample.doc["question"].removeprefix(PREFIX)
        named = [name in asked for name in sample.doc["candidates"]]
        assert set(sample.doc["accepted"]) <= set(sample.doc["candidates"])
        if sample.doc["form"] == 22:
            assert len(named) > 2
        else:
            assert named == [True, True]


def test_the_parts_of_a_split_are_whole_maps() -> None:
    parts = {
        part: {sample.metadata["graph"] for sample in ClegrFacts(graphs=20, split=part, split_seed=3).samples()}
        for part in ("all", "train", "validation", "test")
    }
    assert [len(parts[part]) for part in ("train", "validation", "test")] == [12, 4, 4]
    assert parts["train"] | parts["validation"] | parts["test"] == parts["all"]
    other = {sample.metadata["graph"] for sample in ClegrFacts(graphs=20, split="test", split_seed=4).samples()}
    assert other != parts["test"]


def test_the_split_is_the_legacy_permutation_of_sorted_ids() -> None:
    ids = [f"{number:03}" for number in range(10)]
    parts = split_of(reversed(ids), seed=0)
    assert parts["train"] == ["002", "008", "004", "009", "001", "006"]
    assert (parts["validation"], parts["test"]) == (["007", "003"], ["000", "005"])
    assert [len(part) for part in split_of(map(str, range(500)), 42).values()] == [300, 100, 100]


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("arguments", "forms"),
    [
        ({"forms": "22"}, {22}),
        ({"forms": "22+30-32"}, {22, 30, 31, 32}),
        ({"subgroup": "Aggregation", "scope": "Edge"}, {41, 42, 49, 50, 51, 52, 53}),
        ({"type_prefix": "LineFilter"}, {27, 28, 29, 30, 31}),
        ({"type_prefix": "Path", "forms": "40-52"}, {47, 51, 52}),
    ],
)
def test_forms_are_selected(arguments: dict[str, Any], forms: set[int]) -> None:
    task = ClegrReasoning(graphs=10, **arguments)
    assert {form.id for form in task.forms} == forms
    chosen = list(task.samples())
    assert {sample.doc["form"] for sample in chosen} == forms
    everything = {sample.sample_id: sample for sample in ClegrReasoning(graphs=10).samples()}
    assert all(everything[sample.sample_id] == sample for sample in chosen), "a selection changes no sample"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"preset": "smal"}, "'preset' cannot be 'smal'", "small"),
        ({"context": "xml"}, "'context' cannot be 'xml'", "named_sentences"),
        ({"split": "dev"}, "'split' cannot be 'dev'", "validation"),
        ({"prefix": "none"}, "'prefix'", "paper"),
        ({"graphs": 0}, "'graphs' must be at least 1", ""),
        ({"max_tokens": 0}, "'max_tokens' must be at least 1", ""),
        ({"questions_per_graph": -1}, "'questions_per_graph'", ""),
        ({"forms": "1,2"}, "'forms' cannot be '1,2'", "12+16-20"),
        ({"forms": "30"}, "no form is selected", "0-21"),
        ({"scope": "Nodes"}, "unknown CLeGR scope 'Nodes'", "Unknown"),
        ({"subgroup": "Fcat"}, "unknown CLeGR subgroup 'Fcat'", "Fact"),
        ({"type_prefix": "Line"}, "no form is selected", ""),
    ],
)
def test_wrong_arguments_are_one_clear_line(arguments: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        ClegrFacts(**arguments)
    assert message in str(raised.value)
    assert hint in raised.value.hint


# ---------------------------------------------------------------- scores and results


def test_an_answer_that_is_not_there_is_unparsed() -> None:
    task = ClegrFacts(graphs=1)
    sample = next(iter(task.samples()))
    score = task.score(sample, [Generation("I do not know.")])
    assert (score.outcome, dict(score.values), score.reason) == (Outcome.UNPARSED, {}, "no known label")


def test_chatty_answers_are_right_for_the_lenient_scorer_only() -> None:
    for factory, right in ((ClegrFacts, True), (ClegrFactsOfficial, False)):
        task = factory(graphs=4, forms="0-11")
        for sample in task.samples():
            score = task.score(sample, [Generation(f"The answer is: {sample.target}.")])
            assert (score.values.get("acc") == 1.0) == right


def test_slices_and_subgroups_are_counted_in_each() -> None:
    result = answered(ClegrReasoning(graphs=20), "majority")
    total = result.metrics[0].total
    assert set(result.slices) == {"form", "group", "subgroup", "scope"}
    assert sum(rows[0].total for rows in result.slices["form"].values()) == total
    assert sum(rows[0].total for rows in result.slices["scope"].values()) == total
    assert set(result.slices["subgroup"]) == {"Aggregation", "Filter", "PathReasoning", "Topology"}
    assert sum(rows[0].total for rows in result.slices["subgroup"].values()) > total


def test_details_hold_the_official_aggregates() -> None:
    task = ClegrReasoning(graphs=20)
    result = answered(task, "majority")
    details = json.loads(json.dumps(result.details))
    assert details["overall"]["accuracy"] == pytest.approx(result.metrics[0].value)
    assert 0 < details["overall"]["parse_failure_rate"] < 0.2, "the most frequent names are of other maps"
    assert details["macro_accuracy"] == pytest.approx(result.metrics[1].value)
    assert result.metrics[1].metric == "acc_macro"
    assert details["by_type"]["HasCycle"].keys() >= {"balanced_accuracy", "f1_score_macro", "mcc"}
    assert details["by_type"]["HasCycle"]["balanced_accuracy"] == 0.5
    assert details["by_type"]["StationTwoHops"].keys() >= {"mae", "rmse", "true_accuracy", "parse_failure_rate"}
    assert 0 < details["by_type"]["LineStations"]["mean_set_f1"] < 1
    assert set(details["by_scope"]) == {"Node", "Edge", "Sub-graph"}
    assert details["set"]["mode"] == "corrected"
    assert details["set"]["preset"] == "small"


def test_the_official_row_is_micro_accuracy_alone() -> None:
    assert [row.metric for row in answered(ClegrFactsOfficial(graphs=3), "majority").metrics] == ["acc"]


def test_failed_samples_are_in_no_figure() -> None:
    task = ClegrFacts(graphs=1)
    samples = list(task.samples())
    oracle = task.baselines()["oracle"]
    scores = [task.score(sample, [Generation(str(oracle(sample)))]) for sample in samples]
    scores[0] = SampleScore(samples[0].sample_id, {}, Outcome.ERROR, reason="boom")
    scores[1] = SampleScore(samples[1].sample_id, {}, Outcome.UNPARSED, reason="nothing")
    details = task.aggregate(scores, Kept(task, samples)).details
    assert details["n_examples"] == 43
    assert details["overall"]["accuracy"] == pytest.approx(42 / 43)
    assert details["overall"]["parse_failure_rate"] == pytest.approx(1 / 43)
