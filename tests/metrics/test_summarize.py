"""From per-sample scores to rows."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mmeval.metrics.aggregations import mean, median
from mmeval.metrics.bootstrap import bootstrap_stderr, cluster_bootstrap_stderr, percentile_interval, replicates
from mmeval.metrics.calibration import ece
from mmeval.metrics.choice import acc, brier_score
from mmeval.metrics.classification import f1
from mmeval.metrics.entities import entity_f1
from mmeval.metrics.labels import f1_weighted
from mmeval.metrics.likelihood import perplexity, word_perplexity
from mmeval.metrics.statistics import (
    clustered_share_interval,
    clustered_stderr,
    mean_stderr,
    t95,
    variance_split,
    wilson_interval,
)
from mmeval.metrics.summarize import summarize
from mmeval.types import Metric, MetricResult, Outcome, Sample, SampleScore, TaskResult

SCORE = Metric("score", mean, range=(0.0, 10.0))
POINTS = Metric("points", mean, range=(-1.0, 3.0), worst=-1.0)


def pair(answer: Any, target: Any) -> tuple[Any, Any]:
    return target, answer


def agreement(pairs: Sequence[tuple[Any, Any]]) -> float:
    return mean([float(gold == predicted) for gold, predicted in pairs])


PAIRED = Metric("paired", agreement, stderr="bootstrap", worst=None, range=(0.0, 1.0), score=pair)


def scores(metric: str, values: Sequence[Any], **more: Any) -> list[SampleScore]:
    return [SampleScore(str(index), {metric: value}, **more) for index, value in enumerate(values)]


def lost(sample_id: str, outcome: Outcome) -> SampleScore:
    return SampleScore(sample_id, {}, outcome)


def run(
    scored: Sequence[SampleScore],
    *metrics: Metric,
    metadata: Mapping[str, Mapping[str, Any]] | None = None,
    iters: int = 100,
    **more: Any,
) -> TaskResult:
    meta = metadata or {}
    samples = {score.sample_id: Sample(score.sample_id, {}, 1, meta.get(score.sample_id, {})) for score in scored}
    return summarize(scored, metrics, samples=samples, bootstrap_iters=iters, **more)


def only(result: TaskResult) -> MetricResult:
    (row,) = result.metrics
    return row


def test_independent_right_or_wrong() -> None:
    row = only(run(scores("acc", [1, 0, 1, 1]), acc))
    assert row == MetricResult(
        "acc", 0.75, mean_stderr([1, 0, 1, 1]), wilson_interval(0.75, 4), 4, 4, {"scored": 4}, True, range=(0.0, 1.0)
    )


def test_numbers_get_a_normal_interval_within_the_range() -> None:
    values = [0.0, 4.0, 6.0, 5.0]
    row, stderr = only(run(scores("score", values), SCORE)), mean_stderr(values)
    assert stderr is not None
    assert row.stderr == stderr
    assert row.interval == (max(0.0, 3.75 - t95(3) * stderr), 3.75 + t95(3) * stderr)


def test_bootstrapped_metric() -> None:
    values = [-1.0, -2.0, -5.0, -0.5]
    row = only(run(scores("perplexity", values), perplexity))
    stderr = bootstrap_stderr(perplexity.aggregate, values, 100)
    assert stderr is not None
    assert (row.value, row.stderr, row.higher_is_better) == (perplexity.aggregate(values), stderr, False)
    assert row.interval == (row.value - 1.96 * stderr, row.value + 1.96 * stderr)


def test_of_many_resamples_the_ends_are_read_off() -> None:
    """A perplexity is never below 0, and its interval is not symmetric."""
    values = [-1.0, -6.0, -5.0, -0.5, -9.0, -0.1]
    few, many = (only(run(scores("perplexity", values), perplexity, iters=iters)) for iters in (900, 20_000))
    assert few.interval is not None
    assert few.interval[0] < 0
    assert many.interval == percentile_interval(
        replicates(perplexity.aggregate, [[each] for each in values], 20_000), 6
    )
    low, high = many.interval or (0.0, 0.0)
    assert 0 < low < many.value < high
    assert high - many.value > 2 * (many.value - low)


def test_resamples_that_are_all_equal_give_no_interval() -> None:
    row = only(run(scores("m", [2.0, 2.0, 2.0]), Metric("m", median, stderr="bootstrap"), iters=1000))
    assert (row.stderr, row.interval) == (0.0, None)


def test_a_metric_without_standard_error() -> None:
    row = only(run(scores("length", [0.5, 1.5]), Metric("length", mean, stderr="none")))
    assert (row.value, row.stderr, row.interval) == (1.0, None, None)


@pytest.mark.parametrize("iters", [0, -1])
@pytest.mark.parametrize("metric", [acc, perplexity])
def test_no_bootstrap_iterations_no_standard_errors(metric: Metric, iters: int) -> None:
    row = only(run(scores(metric.name, [1, 0, 1]), metric, iters=iters))
    assert (row.stderr, row.interval) == (None, None)
    assert not math.isnan(row.value)


def test_one_sample_has_an_interval_but_no_standard_error() -> None:
    row = only(run(scores("acc", [1.0]), acc))
    assert row.stderr is None
    assert row.interval == wilson_interval(1.0, 1)
    assert only(run(scores("score", [4.0]), SCORE)).interval is None


# ---------------------------------------------------------------- outcomes


@pytest.mark.parametrize("outcome", [Outcome.UNPARSED, Outcome.TRUNCATED, Outcome.REFUSED, Outcome.SCORED])
def test_a_counted_sample_without_a_value_is_the_worst(outcome: Outcome) -> None:
    row = only(run([SampleScore("a", {"points": 3.0}), lost("b", outcome)], POINTS))
    assert (row.value, row.n, row.total, row.bounds) == (1.0, 2, 2, None)
    assert row.outcomes[outcome.value] == 2 if outcome is Outcome.SCORED else row.outcomes[outcome.value] == 1


@pytest.mark.parametrize("outcome", [Outcome.TRUNCATED, Outcome.UNPARSED])
def test_a_value_that_was_scored_all_the_same_is_kept(outcome: Outcome) -> None:
    assert only(run([SampleScore("a", {"acc": 1.0}, outcome)], acc)).value == 1.0


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.SKIPPED])
def test_a_lost_sample_leaves_the_denominator_and_widens_the_bounds(outcome: Outcome) -> None:
    row = only(run([*scores("points", [3.0, 1.0]), lost("x", outcome), lost("y", outcome)], POINTS))
    assert (row.value, row.n, row.total) == (2.0, 2, 4)
    assert row.outcomes == {"scored": 2, outcome.value: 2}
    assert row.bounds == ((4 - 2) / 4, (4 + 6) / 4)


def test_bounds_need_a_range_and_numbers() -> None:
    assert only(run([*scores("perplexity", [-1.0, -2.0]), lost("x", Outcome.ERROR)], perplexity)).bounds is None
    assert only(run([*scores("paired", [(1, 1), (1, 0)]), lost("x", Outcome.ERROR)], PAIRED)).bounds is None


@pytest.mark.parametrize("metric", [acc, f1, f1_weighted, entity_f1, ece, brier_score], ids=lambda metric: metric.name)
def test_nothing_scored(metric: Metric) -> None:
    row = only(run([lost("a", Outcome.ERROR), lost("b", Outcome.SKIPPED)], metric))
    assert math.isnan(row.value)
    assert (row.stderr, row.interval, row.n, row.total, row.bounds) == (None, None, 0, 2, metric.range)


def test_a_row_without_a_value_says_why() -> None:
    row = only(run(scores("ece", [(0.5, 1.0)] * 20), ece))
    assert math.isnan(row.value)
    assert (row.stderr, row.interval, row.reason) == (None, None, "fewer than 300 samples")
    assert only(run(scores("acc", [1.0, 0.0]), acc)).reason == ""


def test_a_calibration_error_lies_in_its_interval() -> None:
    """Chance can only raise it, so that resamples of a calibrated model lie above it."""
    rng = random.Random(3)
    confidences = [rng.uniform(0.25, 1) for _ in range(1273)]
    values = [(confidence, float(rng.random() < confidence)) for confidence in confidences]
    row = only(run(scores("ece", values), ece, iters=1000))
    low, high = row.interval or (1.0, 0.0)
    assert low < row.value < high
    assert median(replicates(ece.aggregate, [[value] for value in values], 100)) > row.value


def test_a_score_at_the_end_of_its_range_has_wilsons_interval() -> None:
    row = only(run(scores("f1_weighted", [("a", "a", 2), ("b", "b", 2), ("a", "a", 2)]), f1_weighted, iters=1000))
    assert (row.value, row.stderr, row.interval) == (1.0, 0.0, wilson_interval(1.0, 3))


def test_a_rare_resample_without_anything_to_measure_takes_no_interval_away() -> None:
    counts = [(1.0, 1, 2), (0.0, 1, 1), (1.0, 1, 1), *[(0.0, 0, 0)] * 7]
    row = only(run(scores("entity_f1", counts), entity_f1, iters=1000))
    assert any(map(math.isnan, replicates(entity_f1.aggregate, [[each] for each in counts], 1000)))
    assert row.stderr
    assert row.interval


def test_no_scores_no_rows() -> None:
    assert run([], acc, slices=["form"]) == TaskResult((), {"form": {}})


def test_a_metric_that_no_sample_has_is_listed_with_its_worst() -> None:
    result = run(scores("acc", [1.0, 1.0]), acc, POINTS, word_perplexity)
    assert [row.metric for row in result.metrics] == ["acc", "points", "word_perplexity"]
    assert [row.value for row in result.metrics] == [1.0, -1.0, math.inf]
    assert [row.n for row in result.metrics] == [2, 2, 2]


def test_without_a_worst_the_answer_none_is_scored() -> None:
    row = only(run([SampleScore("a", {"paired": (1, 1)}), lost("b", Outcome.UNPARSED)], PAIRED))
    assert (row.value, row.n) == (0.5, 2)


def test_without_worst_and_score_the_sample_is_left_out() -> None:
    metric = replace(PAIRED, score=None)
    row = only(run([SampleScore("a", {"paired": (1, 1)}), lost("b", Outcome.UNPARSED)], metric))
    assert (row.value, row.n, row.total, row.outcomes) == (1.0, 1, 2, {"scored": 1, "unparsed": 1})


# ---------------------------------------------------------------- pipelines and repeats


def test_rows_come_by_pipeline_then_metric() -> None:
    scored = [*scores("acc", [1, 0], pipeline="strict"), *scores("acc", [1, 1], pipeline="flexible")]
    rows = run(scored, acc, POINTS).metrics
    assert [(row.pipeline, row.metric, row.value) for row in rows] == [
        ("strict", "acc", 0.5),
        ("strict", "points", -1.0),
        ("flexible", "acc", 1.0),
        ("flexible", "points", -1.0),
    ]


def test_repeats_are_averaged_within_a_sample() -> None:
    grid = {"a": [1, 1], "b": [0, 1], "c": [0, 0]}
    scored = [
        SampleScore(key, {"acc": one}, repeat=index) for key, row in grid.items() for index, one in enumerate(row)
    ]
    random.Random(1).shuffle(scored)
    row = run(scored, acc).metrics[0]
    assert (row.value, row.stderr) == (0.5, mean_stderr([1.0, 0.5, 0.0]))
    assert (row.n, row.total, row.outcomes) == (3, 3, {"scored": 6})


def test_a_sample_is_lost_only_with_all_its_repeats() -> None:
    scored = [
        SampleScore("a", {"acc": 1.0}),
        SampleScore("a", {}, Outcome.ERROR, repeat=1),
        SampleScore("b", {}, Outcome.ERROR),
        SampleScore("b", {}, Outcome.ERROR, repeat=1),
    ]
    row = run(scored, acc).metrics[0]
    assert (row.value, row.n, row.total, row.bounds) == (1.0, 1, 2, (0.5, 1.0))
    assert row.outcomes == {"scored": 1, "error": 3}


def test_what_repeats_say_beyond_their_mean() -> None:
    grid = {"a": [1, 1, 0, 1], "b": [0, 0, 1, 0], "c": [0, 0, 0, 0]}
    scored = [
        SampleScore(key, {"acc": one}, answer=f"{key}{one}", repeat=index)
        for key, row in grid.items()
        for index, one in enumerate(row)
    ]
    metadata = {key: {"form": "x" if key == "a" else "y"} for key in grid}
    result = run(scored, acc, metadata=metadata, slices=["form"])
    assert {row.metric: round(row.value, 4) for row in result.metrics} == {
        "acc": 0.3333,
        "acc_pass@2": 0.5,
        "acc_pass@4": 0.6667,
        "acc_maj@4": 0.3333,
    }
    first, *others = result.metrics
    assert first.variance == variance_split(list(grid.values()))
    assert [row.variance for row in others] == [None] * 3
    assert [(row.metric, row.value) for row in result.slices["form"]["x"]][-1] == ("acc_maj@4", 1.0)


def test_repeats_that_cannot_be_averaged_are_resampled_together() -> None:
    groups = [[(1, 1), (1, 0)], [(0, 0), (0, 0)], [(1, 0), (1, 0)]]
    scored = [
        SampleScore(str(index), {"paired": value}, repeat=repeat)
        for index, group in enumerate(groups)
        for repeat, value in enumerate(group)
    ]
    row = only(run(scored, PAIRED))
    assert (row.value, row.n) == (0.5, 3)
    assert row.stderr == cluster_bootstrap_stderr(agreement, groups, 100)


# ---------------------------------------------------------------- clusters

GRAPHS = {str(index): {"graph": "one" if index < 3 else "two"} for index in range(6)}


def test_clusters_widen_the_error_of_a_mean() -> None:
    values = [1, 1, 1, 0, 0, 1]
    row = only(run(scores("acc", values), acc, metadata=GRAPHS, cluster="graph"))
    stderr = clustered_stderr(values, ["one"] * 3 + ["two"] * 3)
    assert stderr is not None
    assert row.stderr == stderr
    assert row.interval == clustered_share_interval(values, ["one"] * 3 + ["two"] * 3)


def test_clusters_of_one_are_none() -> None:
    scored = scores("acc", [1, 0, 1])
    metadata = {score.sample_id: {"graph": score.sample_id} for score in scored}
    assert only(run(scored, acc, metadata=metadata, cluster="graph")) == only(run(scored, acc))
    assert only(run(scored, acc, cluster="graph")) == only(run(scored, acc)), "samples without the key stand alone"


def test_all_right_in_clusters_is_as_sure_as_that_many_trials() -> None:
    row = only(run(scores("acc", [1] * 6), acc, metadata=GRAPHS, cluster="graph"))
    assert (row.stderr, row.interval) == (0.0, wilson_interval(1.0, 2))


def test_clusters_are_resampled_whole() -> None:
    metric = Metric("m", median, stderr="bootstrap")
    values = [1.0, 2.0, 3.0, 7.0, 8.0, 9.0]
    row = only(run(scores("m", values), metric, metadata=GRAPHS, cluster="graph"))
    assert row.stderr == cluster_bootstrap_stderr(median, [values[:3], values[3:]], 100)


# ---------------------------------------------------------------- slices


def test_slices_are_sorted_and_have_their_own_n() -> None:
    metadata: dict[str, dict[str, Any]] = {
        "0": {"level": 10, "tags": ["x", "y", "x"]},
        "1": {"level": 2, "tags": "x"},
        "2": {"level": 10, "tags": ()},
        "3": {"level": None},
        "4": {"level": "easy"},
    }
    scored = [*scores("acc", [1, 0, 0, 1]), lost("4", Outcome.ERROR)]
    result = run(scored, acc, metadata=metadata, slices=["level", "tags", "absent"])
    shown = {
        key: {value: [(row.value, row.n, row.total) for row in rows if row.n] for value, rows in values.items()}
        for key, values in result.slices.items()
    }
    assert list(result.slices["level"]) == ["2", "10", "easy"]
    assert shown == {
        "level": {"2": [(0.0, 1, 1)], "10": [(0.5, 2, 2)], "easy": []},
        "tags": {"x": [(0.5, 2, 2)], "y": [(1.0, 1, 1)]},
        "absent": {},
    }
    assert result.slices["level"]["easy"][0].outcomes == {"error": 1}


def test_slices_have_no_slow_bootstrap() -> None:
    metadata = {str(index): {"form": "a"} for index in range(4)}
    values = [{"acc": index % 2, "perplexity": -index, "paired": (1, index % 2)} for index in range(4)]
    scored = [SampleScore(str(index), each) for index, each in enumerate(values)]
    result = run(scored, acc, perplexity, PAIRED, metadata=metadata, slices=["form"])
    whole, sliced = result.metrics, result.slices["form"]["a"]
    assert sliced[:2] == whole[:2]
    assert (sliced[2].value, sliced[2].stderr, sliced[2].interval) == (whole[2].value, None, None)
    assert whole[2].stderr is not None


def test_slices_hold_all_pipelines() -> None:
    metadata = {"0": {"form": "a"}, "1": {"form": "b"}}
    scored = [*scores("acc", [1, 0], pipeline="one"), *scores("acc", [0, 1], pipeline="two")]
    result = run(scored, acc, metadata=metadata, slices=["form"])
    assert [(row.pipeline, row.value) for row in result.slices["form"]["a"]] == [("one", 1.0), ("two", 0.0)]


@pytest.mark.slow
def test_a_large_task_takes_seconds() -> None:
    n = 100_000
    scored = scores("acc", [float(index % 3 == 0) for index in range(n)])
    metadata = {str(index): {"form": index % 60, "graph": index // 40} for index in range(n)}
    start = time.process_time()
    result = run(scored, acc, metadata=metadata, slices=["form"], cluster="graph")
    assert len(result.slices["form"]) == 60
    assert time.process_time() - start < 10
