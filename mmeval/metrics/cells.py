"""What a sample gives a metric, from its scores: the unit of every estimate."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias

from mmeval.metrics.aggregations import mean
from mmeval.types import Metric, Outcome, Sample, SampleScore

Repeats: TypeAlias = list[SampleScore]
Cell: TypeAlias = tuple[Any, ...]
"""What one sample gives one metric: nothing, one value, or the values of repeats that cannot be averaged."""

_UNCOUNTED = frozenset((Outcome.ERROR, Outcome.SKIPPED))


def by_pipeline(scored: Sequence[SampleScore]) -> dict[str, list[Repeats]]:
    """Scores by pipeline and sample, in order of first appearance."""
    pipelines: dict[str, dict[str, Repeats]] = {}
    for score in scored:
        pipelines.setdefault(score.pipeline, {}).setdefault(score.sample_id, []).append(score)
    return {pipeline: list(by_sample.values()) for pipeline, by_sample in pipelines.items()}


def cell(metric: Metric, scores: Repeats, sample: Sample) -> Cell:
    """The sample's value, the mean of its repeats; a counted repeat without a value gets the metric's `worst`."""
    known = counted_values(metric, scores, sample)
    if len(known) < 2 or not all(isinstance(value, Real) for value in known):
        return tuple(known)
    return (mean(known),)


def counted_values(metric: Metric, scores: Repeats, sample: Sample) -> list[Any]:
    """The values of a sample's counted repeats."""
    found = [_value(metric, score, sample) for score in scores if score.outcome not in _UNCOUNTED]
    return [value for value in found if value is not None]


def _value(metric: Metric, score: SampleScore, sample: Sample) -> Any:
    if metric.outcome is not None:
        return float(score.outcome is metric.outcome)
    value = score.values.get(metric.name)
    if value is not None or metric.worst is not None:
        return metric.worst if value is None else value
    return metric.score(None, sample.target) if metric.score else None


def is_lost(scores: Repeats) -> bool:
    """Whether a sample leaves the denominator: all its repeats ended in an error or were skipped."""
    return all(score.outcome in _UNCOUNTED for score in scores)


def cluster_of(sample: Sample, key: str) -> Hashable:
    """The sample's cluster; one without the key stands alone."""
    value = sample.metadata.get(key)
    return (sample.sample_id,) if value is None else str(value)


def clusters_of(samples: Mapping[str, Sample], key: str | None) -> dict[str, Hashable]:
    """The cluster of each sample by its id; none where the task has no cluster key."""
    return {sample_id: cluster_of(sample, key) for sample_id, sample in samples.items()} if key else {}


def sample_values(
    scored: Sequence[SampleScore], metric: Metric, samples: Mapping[str, Sample]
) -> dict[str, dict[str, float]]:
    """By pipeline and sample id the number that each counted sample gives `metric`, as `summarize` takes it."""
    found: dict[str, dict[str, float]] = {}
    for pipeline, repeats in by_pipeline(scored).items():
        cells = {scores[0].sample_id: cell(metric, scores, samples[scores[0].sample_id]) for scores in repeats}
        found[pipeline] = {
            sample_id: float(values[0])
            for sample_id, values in cells.items()
            if len(values) == 1 and isinstance(values[0], Real)
        }
    return found
