"""Loading the domain tasks over the sample rows, and scoring them without a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml

from mmeval.catalog import Catalog
from mmeval.metrics.summarize import summarize
from mmeval.task import Answered
from mmeval.types import Generation, MetricResult, Response, Sample
from mmeval.yaml_task.annotations import certain
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask


@cache
def catalog() -> Catalog:
    return Catalog()


def load(name: str, folder: Path, source: str = "", shots: int | None = 0) -> YamlTask:
    """A task over the files of `folder`, or over one of them."""
    file = catalog().file_of(name)
    assert file is not None, name
    override = {name: str(folder / source)} if source else {}
    return load_task(
        file, TaskOptions(data_dir=str(folder), dataset_override=override, offline=True, num_fewshot=shots)
    )


def members(group: str) -> tuple[str, ...]:
    """What a group lists."""
    file = catalog().file_of(group)
    assert file is not None, group
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))["task"]
    return tuple(listed)


def choices(task: YamlTask, sample: Sample) -> tuple[str, ...]:
    """The options of a multiple-choice sample."""
    return tuple(task._wording.choices(sample.doc) or ())


def gold(task: YamlTask, sample: Sample) -> str:
    """The right answer as text."""
    return task._label(sample)


def said(task: YamlTask, text: Callable[[Sample], str]) -> Callable[[Sample], Response]:
    """A model that says `text(sample)`: the option it is sure of, or what it generates."""

    def answer(sample: Sample) -> Response:
        if task.spec.output_type == "multiple_choice":
            return certain(choices(task, sample), text(sample))
        return Generation(text(sample))

    return answer


def rows(task: YamlTask, answer: Callable[[Sample], Response]) -> dict[str, MetricResult]:
    """The task's rows by metric (of the last pipeline) when every sample gets `answer(sample)`."""
    samples = list(task.samples())
    scored = list(task.score_all([Answered(sample, [[answer(sample)]]) for sample in samples]))
    by_id = {sample.sample_id: sample for sample in samples}
    return {row.metric: row for row in summarize(scored, task.metrics, samples=by_id, bootstrap_iters=0).metrics}


def scores(task: YamlTask, text: Callable[[Sample], str]) -> dict[str, float]:
    """Metric values when every sample gets the answer `text(sample)`."""
    return {name: row.value for name, row in rows(task, said(task, text)).items()}
