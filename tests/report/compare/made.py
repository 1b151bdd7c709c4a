"""Run directories made from values, through the functions that write real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmeval.metrics.groups import group_rows
from mmeval.metrics.summarize import summarize
from mmeval.registry import METRICS
from mmeval.report.files import write_results
from mmeval.report.results import GroupReport, TaskReport, build
from mmeval.report.samples import LoggedSample, write_samples
from mmeval.task import Aggregate, Group
from mmeval.types import Generate, Outcome, Prompt, Sample, SampleScore

CONFIG = {"model": "dummy", "model_args": {}, "fewshot_seed": 1234}


class Made:
    """A run under way. Every `task` adds one; `write` makes the directory."""

    def __init__(self, **run: Any) -> None:
        self.run = {"config": CONFIG, "system_instruction": None, "apply_chat_template": False, **run}
        self.reports: list[TaskReport] = []
        self.logged: dict[str, list[LoggedSample]] = {}
        self.groups: list[GroupReport] = []

    def task(
        self,
        name: str,
        values: Sequence[Any],
        *,
        metric: str = "acc",
        version: int = 1,
        shots: int = 0,
        config: Mapping[str, Any] | None = None,
        documents: str = "doc",
        targets: Sequence[Any] | None = None,
        words: str = "question",
        clusters: Sequence[Any] | None = None,
        outcomes: Sequence[Outcome] | None = None,
        first: int = 0,
        repeats: int = 1,
    ) -> Made:
        """`values[i]` is the value of sample `i`, or of each of its repeats where there are several."""
        samples, scores = {}, []
        for row, value in enumerate(values):
            key, meta = f"test:{row + first}", {"cluster": clusters[row]} if clusters else {}
            samples[key] = Sample(key, {"text": f"{documents} {row}"}, targets[row] if targets else 0, meta)
            outcome = outcomes[row] if outcomes else Outcome.SCORED
            given = value if repeats > 1 else [value]
            scores += [SampleScore(key, {metric: one}, outcome, repeat=place) for place, one in enumerate(given)]
        cluster = "cluster" if clusters else None
        result = summarize(scores, [METRICS.get(metric)], samples=samples, cluster=cluster, bootstrap_iters=1000)
        self.reports.append(TaskReport(name, version, shots, config or {}, len(samples), len(samples), result))
        self.logged[name] = [
            LoggedSample(
                name,
                (sample := samples[score.sample_id]),
                score,
                [Generate(Prompt.of(f"{words} {score.sample_id}"))],
                [],
                1,
                sample.metadata.get("cluster"),
            )
            for score in scores
        ]
        return self

    def failed(self, name: str, reason: str) -> Made:
        """A task that could not be scored."""
        self.reports.append(TaskReport(name, 1, 0, {}, 1, 1, None, reason))
        return self

    def group(self, name: str, *members: str, aggregate: Sequence[Aggregate] = (), pooled: bool = False) -> Made:
        """A group of tasks."""
        results = {report.name: report.result.metrics if report.result else () for report in self.reports}
        rows = group_rows(Group(name, members, tuple(aggregate)), {member: results[member] for member in members})
        self.groups.append(GroupReport(name, members, members, rows, pooled=pooled))
        return self

    def write(self, directory: Path, complete: bool = True) -> Path:
        """Make the run directory."""
        directory.mkdir(parents=True)
        write_results(directory, build(self.reports, self.groups, self.run, complete))
        write_samples(directory, self.logged, lm_eval_layout=False)
        return directory


def changed(directory: Path, **changes: Any) -> Path:
    """The run with other values in the first line of its sample log."""
    path = directory / "samples.jsonl"
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), **changes}), *rest]) + "\n", encoding="utf-8")
    return directory
