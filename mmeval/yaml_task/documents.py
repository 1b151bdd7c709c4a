"""The documents of a task: what is evaluated, and what examples are drawn from."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from mmeval.data import Dataset, Declared, resolve
from mmeval.data.dataset import as_table, columns
from mmeval.data.hub import require_datasets
from mmeval.errors import nearest_names
from mmeval.spec.task_spec import TaskSpec
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.options import TaskOptions

logger = logging.getLogger(__name__)

Doc: TypeAlias = Mapping[str, Any]
ProcessDocs: TypeAlias = Callable[[Any], Any]


class Documents:
    """Read when first asked for. `process_docs` is called once per split, and its result kept."""

    def __init__(self, spec: TaskSpec, options: TaskOptions) -> None:
        self._spec, self._options = spec, options
        self._processed: dict[tuple[str, ProcessDocs | None], Any] = {}

    @property
    def split(self) -> str:
        """The evaluated split."""
        split = self._spec.test_split or self._spec.validation_split
        if split is None:
            raise self._spec.error("neither test_split nor validation_split is set")
        return split

    @cached_property
    def dataset(self) -> Dataset:
        """The task's data set, wherever it comes from."""
        spec = self._spec
        if spec.custom_dataset is not None:
            return self._custom()
        used = (self.split, spec.training_split, spec.validation_split, spec.test_split, self._fewshot_split)
        declared = Declared(
            path=spec.dataset_path,
            name=spec.dataset_name,
            revision=spec.dataset_revision,
            options=spec.dataset_kwargs or {},
            folder=spec.file.parent,
            splits=[split for split in dict.fromkeys(used) if split],
            local_name=spec.details.get("local_name"),
        )
        return resolve(spec.task, declared, self._options.data)

    @cached_property
    def evaluated(self) -> Sequence[Doc]:
        """The documents of the evaluated split. Raises SpecError where there is none."""
        docs = list(self._table(self.split, self._process_docs))
        if not docs:
            raise self._spec.error(f"the split '{self.split}' is empty", *self._key_of(self.split))
        return docs

    @cached_property
    def columns(self) -> Sequence[str]:
        """The column names of the evaluated split."""
        return columns(self._table(self.split, self._process_docs))

    @property
    def _process_docs(self) -> ProcessDocs | None:
        function: ProcessDocs | None = resolved(self._spec.process_docs, self._spec, "process_docs")
        return function

    @property
    def _fewshot_split(self) -> str | None:
        return self._spec.fewshot.split or self._spec.fewshot_split

    @property
    def borrows_examples(self) -> bool:
        """Whether examples come from the evaluated rows, because the given files have no pool."""
        split = self._fewshot_split or (None if self._spec.fewshot.samples else self._spec.training_split)
        return self.dataset.origin != "task" and split is not None and split not in self.dataset

    @property
    def excludes(self) -> bool:
        """Whether an example that equals the document at hand is left out.

        The rule is lm-eval's: both unset counts as equal, and changes the draws even where the pool is another split.
        """
        return self.borrows_examples or self._fewshot_split == self._spec.test_split

    @property
    def leaks(self) -> bool:
        """Whether a document can be its own example: lm-eval's rule where only the evaluated split is there."""
        spec, split = self._spec, self._fewshot_split
        if split is None and spec.fewshot.samples is None:
            split = spec.training_split or spec.validation_split or spec.test_split
        return split == self.split and not self.excludes

    @cached_property
    def pool(self) -> Sequence[Doc]:
        """What examples are drawn from, in order."""
        spec = self._spec
        if self.borrows_examples:
            return self.evaluated
        if self._fewshot_split is not None:
            own = resolved(spec.fewshot.process_docs, spec, "fewshot_config", "process_docs")
            return list(self._table(self._fewshot_split, own or self._process_docs))
        samples = resolved(spec.fewshot.samples, spec, "fewshot_config", "samples")
        if samples is not None:
            return self._given(samples() if callable(samples) else samples)
        split = spec.training_split or spec.validation_split or spec.test_split
        return list(self._table(str(split), self._process_docs))

    def _given(self, samples: Any) -> Sequence[Doc]:
        if not isinstance(samples, list | tuple) or not all(isinstance(doc, Mapping) for doc in samples):
            raise self._spec.error("samples: expected a list of documents", "fewshot_config", "samples")
        return samples

    def _table(self, split: str, process: ProcessDocs | None) -> Any:
        if (split, process) not in self._processed:
            self._processed[split, process] = self._process(split, process)
        return self._processed[split, process]

    def _process(self, split: str, process: ProcessDocs | None) -> Any:
        if split not in self.dataset:
            splits = self.dataset.splits
            nearest = nearest_names(split, splits, count=1)
            hint = f"did you mean '{nearest[0]}'?" if nearest else f"splits: {', '.join(splits)}"
            raise self._spec.error(f"the data has no split '{split}'", *self._key_of(split), hint=hint)
        rows = self.dataset.rows(split)
        if process is None:
            return rows
        require_datasets(self._spec.task)
        before = random.getstate()
        try:
            processed = process(as_table(rows))
        except Exception as error:
            problem = f"process_docs: {type(error).__name__}: {error}"
            raise self._spec.error(problem, "process_docs") from error
        if random.getstate() != before:
            logger.warning(
                "task '%s': process_docs draws from the global random generator: its documents depend on the seed and "
                "the tasks before it",
                self._spec.task,
            )
        return processed

    def _key_of(self, split: str) -> tuple[str, ...]:
        keys = ("test_split", "validation_split", "fewshot_split", "training_split")
        return tuple(key for key in keys if getattr(self._spec, key) == split)[:1]

    def _custom(self) -> Dataset:
        """Rows from the task's own function, which is given all of `metadata` and `dataset_kwargs`."""
        spec = self._spec
        function = resolved(spec.custom_dataset, spec, "custom_dataset")
        try:
            splits = function(**{**self._options.metadata_of(spec), **(spec.dataset_kwargs or {})})
        except Exception as error:
            raise spec.error(f"custom_dataset: {type(error).__name__}: {error}", "custom_dataset") from error
        return Dataset.of(str(spec.custom_dataset), splits)
