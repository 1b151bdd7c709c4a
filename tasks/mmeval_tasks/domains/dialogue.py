"""Tasks whose later prompts hold what the model said before, which a task file cannot say."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from mmeval.data import DataOptions, Dataset, Declared, resolve
from mmeval.data.dataset import columns
from mmeval.data.schema import missing_columns
from mmeval.errors import SpecError, UsageError
from mmeval.serialize import to_json
from mmeval.task import Task
from mmeval.types import Extraction, Generation, Metric, Outcome, Response, Sample, SampleScore
from mmeval_tasks.domains.rows import Row


class DialogueTask(Task):
    """Requests one after the other, of which the last one's answer is scored.

    `data_dir` is a folder with the task's files, `dataset` one file, a folder or `hub:ID`; without them, or where
    `data_dir` has no file of the task, rows come from the published data set, unless `offline`.
    """

    metrics: Sequence[Metric]
    declared: ClassVar[Declared]
    columns: ClassVar[tuple[str, ...]]
    """What every row must have."""
    metadata: ClassVar[Mapping[str, Any]]
    """What is known of the benchmark, with the keys that task files have."""

    def __init__(self, *, data_dir: str | None = None, dataset: str | None = None, offline: bool = False) -> None:
        overrides = {} if dataset is None else {self.name: dataset}
        self._options = DataOptions(data_dir, overrides, offline)

    @abstractmethod
    def sample(self, sample_id: str, row: Row) -> Sample:
        """The sample of a row. Raises ValueError where the row contradicts itself."""

    @abstractmethod
    def read(self, text: str, sample: Sample) -> Extraction:
        """What the last answer says."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The arguments that change requests, for `config`."""

    @cached_property
    def _dataset(self) -> Dataset:
        return resolve(self.name, self.declared, self._options)

    @cached_property
    def _rows(self) -> Sequence[Row]:
        rows = self._dataset.rows(self._split)
        if not len(rows):
            raise self._error("it has no rows")
        if problem := missing_columns(self.columns, columns(rows)):
            raise self._error(problem)
        return rows

    @property
    def _split(self) -> str:
        return self.declared.splits[0]

    def _error(self, problem: str) -> UsageError:
        """An error in the file with the rows, where it is one."""
        hint = f"see: mmeval show {self.name}"
        if files := self._dataset.files.get(self._split):
            return SpecError(f"task '{self.name}': {problem}", file=files[0], hint=hint)
        return UsageError(f"task '{self.name}': {problem}", hint=hint)

    def size(self) -> int:
        return len(self._rows)

    def samples(self) -> Iterator[Sample]:
        for number, row in enumerate(self._rows):
            try:
                made = self.sample(f"{self._split}:{number}", row)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                told = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
                raise self._error(f"row {number}: {told}") from error
            yield made

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        found = self.read(said(responses[-1]), sample)
        if not found.found:
            return SampleScore(sample.sample_id, {}, Outcome.UNPARSED, reason=found.reason)
        values = {metric.name: metric.score(found.answer, sample.target) for metric in self.metrics if metric.score}
        return SampleScore(sample.sample_id, values, answer=found.answer, rule=found.rule)

    def about(self) -> Mapping[str, Any]:
        metrics = ", ".join(metric.name for metric in self.metrics)
        return {"data": str(self.declared), "split": self._split, "metrics": metrics, "metadata": self.metadata}

    def config(self) -> Mapping[str, Any]:
        """With the keys of task files where they mean the same: published scores are compared by them."""
        return {
            "output_type": "generate_until",
            **self.settings(),
            "metadata": dict(self.metadata),
            "data": to_json(self._dataset.record),
        }


def said(response: Response) -> str:
    """The text of a generation. Raises TypeError for any other response."""
    if not isinstance(response, Generation):
        raise TypeError(f"expected a Generation, got {type(response).__name__}")
    return response.text
