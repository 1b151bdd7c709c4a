"""Samples of two runs, joined on (task, sample_id); refused where they are not the same samples."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mmeval.metrics.aggregations import AGGREGATIONS, mean
from mmeval.metrics.cells import Cell, cell, cluster_of
from mmeval.metrics.paired import Pairs
from mmeval.registry import METRICS
from mmeval.report.compare.runs import CLUSTER, Answers, Run
from mmeval.report.compare.settings import (
    Difference,
    differences,
    metric_entry,
    scored_otherwise,
    unnamed,
)
from mmeval.types import Metric


class RefusedError(Exception):
    """Two runs of a task cannot be compared; the message is the reason."""


@dataclass(frozen=True)
class Joined:
    """One metric of one task in both runs. `rows` are theirs in `results.json`; `total` counts the common samples.

    `pairs` holds the samples that count in both; it is None where the metric cannot be computed anew, and `problem`
    says why.
    """

    task: str
    metric: Metric
    rows: tuple[Mapping[str, Any], Mapping[str, Any]]
    answers: tuple[Answers, Answers]
    differs: Sequence[Difference]
    total: int
    n: int
    pairs: Pairs | None
    problem: str = ""


def join(one: Run, other: Run, task: str, row: Mapping[str, Any], across: Collection[str]) -> Joined:
    """Pair the runs on the metric and pipeline of `row`, a row of the one run. Raises RefusedError."""
    name, pipeline = row["metric"], row["pipeline"]
    rows = (row, _same_row(other, task, name, pipeline))
    _check_definition(one, other, task, name)
    if not all((task, pipeline) in run.answers for run in (one, other)):
        raise RefusedError(f"its samples are not logged under {pipeline}")
    answers = one.answers[task, pipeline], other.answers[task, pipeline]
    _check_samples(*answers)
    differs = differences(one, other, task, answers[0].words_hashes == answers[1].words_hashes)
    if missing := unnamed(differs, across):
        named = " ".join(f"--across {difference.name}" for difference in missing)
        raise RefusedError(f"the prompts differ ({'; '.join(map(str, missing))}); if that is meant, say {named}")
    metric = _metric(one.config(task), name)
    cells = [_cells(metric, each) for each in answers]
    kept = [sample for sample in answers[0].samples if cells[0][sample] and cells[1][sample]]
    problem = _not_reproduced(metric, cells, rows)
    pairs = None if problem or len(kept) < 2 else _pairs(metric, cells, kept, answers[0])
    problem = problem or ("" if pairs else "fewer than two samples count in both runs")
    return Joined(task, metric, rows, answers, differs, len(answers[0].samples), len(kept), pairs, problem)


def _same_row(run: Run, task: str, metric: str, pipeline: str) -> Mapping[str, Any]:
    for row in run.rows(task):
        if (row["metric"], row["pipeline"]) == (metric, pipeline):
            return row
    raise RefusedError(f"only one run has the metric {metric} ({pipeline})")


def _check_definition(one: Run, other: Run, task: str, metric: str) -> None:
    versions = [run.data["versions"].get(task) for run in (one, other)]
    if versions[0] != versions[1]:
        raise RefusedError(f"task version {versions[0]} / {versions[1]}")
    if differs := scored_otherwise(one, other, task, metric):
        raise RefusedError(f"metric {metric} is not computed in the same way: {'; '.join(map(str, differs))}")


def _check_samples(one: Answers, other: Answers) -> None:
    """Refuse samples that are not the same, with the first that is not."""
    alone = [[name for name in a.samples if name not in b.samples] for a, b in ((one, other), (other, one))]
    if any(alone):
        first = (alone[0] or alone[1])[0]
        counts = f"{len(one.samples)} / {len(other.samples)} samples, {len(alone[0])} / {len(alone[1])} of them alone"
        raise RefusedError(f"different samples: {counts} (such as {first})")
    for what, a, b in (
        ("data: another document", one.doc_hashes, other.doc_hashes),
        ("targets: another one", _targets(one), _targets(other)),
    ):
        changed = [name for name in a if a[name] != b[name]]
        if changed:
            raise RefusedError(f"different {what} under {len(changed)} of {len(a)} ids (such as {changed[0]})")


def _targets(answers: Answers) -> dict[str, Any]:
    return {name: sample.target for name, sample in answers.samples.items()}


def _metric(config: Mapping[str, Any], name: str) -> Metric:
    """The metric as the task declares it; a mean of numbers where nothing is registered under its name."""
    metric = METRICS.get(name) if name in METRICS else Metric(name, mean)
    aggregate = AGGREGATIONS.get(metric_entry(config, name).get("aggregation", ""))
    return replace(metric, aggregate=aggregate) if aggregate else metric


def _cells(metric: Metric, answers: Answers) -> dict[str, Cell]:
    return {name: cell(metric, scores, answers.samples[name]) for name, scores in answers.scores.items()}


def _not_reproduced(metric: Metric, cells: Sequence[Mapping[str, Cell]], rows: Sequence[Mapping[str, Any]]) -> str:
    """Why the logged values are not those behind the results; empty where they give the same number."""
    for by_sample, row in zip(cells, rows, strict=True):
        values = [value for each in by_sample.values() for value in each]
        try:
            value = metric.aggregate(values) if values else math.nan
        except (TypeError, ValueError) as error:
            return f"its values cannot be aggregated here: {error}"
        if "reason" in row:
            return str(row["reason"])
        if row["value"] is None or not math.isclose(value, row["value"], rel_tol=1e-6, abs_tol=1e-9):
            return f"its logged values give {value:.4f}, the results say {row['value']}"
    return ""


def _pairs(metric: Metric, cells: Sequence[Mapping[str, Cell]], kept: Sequence[str], answers: Answers) -> Pairs:
    members: dict[Hashable, list[str]] = {}
    for name in kept:
        members.setdefault(cluster_of(answers.samples[name], CLUSTER), []).append(name)
    one, other = (
        [[value for name in names for value in by_sample[name]] for names in members.values()] for by_sample in cells
    )
    return Pairs(metric.aggregate, one, other)
