"""What a task gains over its variants in the same run: image gain is the accuracy beyond a blank image's."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from mmeval.engine.score import ScoredTask
from mmeval.metrics.cells import clusters_of, sample_values
from mmeval.metrics.difference import paired_difference
from mmeval.metrics.summarize import members_of
from mmeval.types import Metric, MetricResult, Sample, TaskResult

ByPipeline: TypeAlias = Mapping[str, Mapping[str, float]]
"""Numbers by pipeline and sample id."""


def gains(scored: Sequence[ScoredTask], metrics: Sequence[Metric], iters: int) -> dict[str, TaskResult]:
    """For each variant of the first of `scored`, which are a task and its variants: the paired differences.

    Rows have the metric's name and the difference as value, overall and for each slice. Metrics without numbers per
    sample are left out.
    """
    base, *variants = scored
    samples = {sample.sample_id: sample for sample in base.planned.samples}
    return {
        variant.planned.name.partition("@")[2]: _Pair(base, variant, metrics, samples, iters).result()
        for variant in variants
    }


@dataclass(frozen=True)
class _Pair:
    base: ScoredTask
    variant: ScoredTask
    metrics: Sequence[Metric]
    samples: Mapping[str, Sample]
    iters: int

    def result(self) -> TaskResult:
        slices = {
            key: {value: tuple(self._rows(ids)) for value, ids in members_of(self.samples, key).items()}
            for key in self.base.planned.task.slices
        }
        return TaskResult(tuple(self._rows(list(self.samples))), slices)

    @cached_property
    def _values(self) -> list[tuple[Metric, ByPipeline, ByPipeline]]:
        """What base and variant give each metric; read once for all slices."""
        return [
            (
                metric,
                sample_values(self.base.scores, metric, self.samples),
                sample_values(self.variant.scores, metric, self.samples),
            )
            for metric in self.metrics
        ]

    @cached_property
    def _clusters(self) -> Mapping[str, Hashable]:
        return clusters_of(self.samples, self.base.planned.task.cluster)

    def _rows(self, ids: Sequence[str]) -> Iterator[MetricResult]:
        for metric, ones, others in self._values:
            for pipeline, values in ones.items():
                chosen = {sample_id: values[sample_id] for sample_id in ids if sample_id in values}
                found = paired_difference(chosen, others.get(pipeline, {}), self._clusters, self.iters)
                if found is not None:
                    yield MetricResult(
                        metric.name,
                        found.value,
                        found.stderr,
                        found.interval,
                        n=found.n,
                        total=len(ids),
                        outcomes={},
                        higher_is_better=metric.higher_is_better,
                        pipeline=pipeline,
                    )
