"""The documents of a task: what is evaluated, and what examples are drawn from."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeAlias

from mmeval.data import DataRecord, Dataset, Declared, resolve
from mmeval.data.dataset import as_table, columns
from mmeval.data.hub import require_datasets
from mmeval.data.reading import reading
from mmeval.errors import MissingRequirementError, SpecError, UsageError, nearest_names
from mmeval.spec.task_spec import TaskSpec
from mmeval.yaml_task.annotations import Annotations
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.options import TaskOptions

logger = logging.getLogger(__name__)

Doc: TypeAlias = Mapping[str, Any]
ProcessDocs: TypeAlias = Callable[[Any], Any]


class Documents:
    """Read when first asked for. `process_docs` is called once per split, and its result kept.

    `shots` is the number of examples: without any, nothing but the evaluated split is read.
    """

    def __init__(self, spec: TaskSpec, options: TaskOptions, shots: int) -> None:
        self._spec, self._options, self._shots = spec, options, shots
        self._processed: dict[tuple[str, ProcessDocs | None], Any] = {}
        self._adapters: dict[str, str] = {}

    @property
    def split(self) -> str:
        """The evaluated split."""
        split = self._spec.test_split or self._spec.validation_split
        if split is None:
            raise self._spec.error("neither test_split nor validation_split is set")
        return split

    @property
    def declared(self) -> Declared:
        """What the task file says about its data."""
        spec = self._spec
        used = (self.split, spec.training_split, spec.validation_split, spec.test_split, self._fewshot_split)
        return Declared(
            path=spec.dataset_path,
            name=spec.dataset_name,
            revision=spec.dataset_revision,
            options=spec.dataset_kwargs or {},
            folder=spec.file.parent,
            splits=[split for split in dict.fromkeys(used) if split],
            local_name=spec.details.get("local_name"),
        )

    @cached_property
    def _whole(self) -> Dataset:
        """The task's data set, wherever it comes from."""
        spec = self._spec
        if "adapters" in spec.details:
            line = "task '%s': metadata.adapters is not read: process_docs brings rows into the layout of the task"
            logger.warning(line, spec.task)
        if spec.custom_dataset is not None:
            return self._custom()
        return resolve(spec.task, self.declared, self._options.data)

    @cached_property
    def dataset(self) -> Dataset:
        """The splits that are used."""
        return self._whole.only({self.split, *([self.pool_split] if self._shots and self.pool_split else [])})

    @property
    def record(self) -> DataRecord:
        """What pins the documents and the examples. Reads them."""
        _ = self.evaluated, self.pool if self._shots else ()  # adapters are known of what was read
        date_range = str(self._options.metadata_of(self._spec).get("date_range", ""))
        return replace(self.dataset.record, adapters=dict(self._adapters), date_range=date_range)

    @cached_property
    def evaluated(self) -> Sequence[Doc]:
        """The documents of the evaluated split. Raises SpecError where there is none."""
        docs = list(self._table(self.split, self._process_docs))
        if not docs:
            raise self._error(self.split, "no row is left of the evaluated split")
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
    def pool_split(self) -> str | None:
        """The split that examples are drawn from; None where the task file itself holds them."""
        spec = self._spec
        if self._fewshot_split is not None or spec.fewshot.samples is not None:
            return self._fewshot_split
        return spec.training_split or spec.validation_split or spec.test_split

    @property
    def _borrows_examples(self) -> bool:
        """Whether examples come from the evaluated rows, because the given files have no pool."""
        split = self.pool_split
        return self._whole.origin != "task" and split is not None and split not in self._whole

    @property
    def pool_is_evaluated(self) -> bool:
        """Whether examples are rows of the evaluated split."""
        return self._borrows_examples or self.pool_split == self.split

    @property
    def excludes(self) -> bool:
        """Whether an example that equals the document at hand is left out.

        The rule is lm-eval's: both unset counts as equal, and changes the draws even where the pool is another split.
        """
        return self._borrows_examples or self._fewshot_split == self._spec.test_split

    @property
    def leaks(self) -> bool:
        """Whether a document can be its own example: lm-eval's rule where only the evaluated split is there."""
        return self.pool_is_evaluated and not self.excludes

    @cached_property
    def pool(self) -> Sequence[Doc]:
        """What examples are drawn from, in order."""
        spec = self._spec
        own = resolved(spec.fewshot.process_docs, spec, "fewshot_config", "process_docs")
        if self._borrows_examples:
            return list(self._table(self.split, own or self._process_docs))
        if self._fewshot_split is not None:
            return list(self._table(self._fewshot_split, own or self._process_docs))
        samples = resolved(spec.fewshot.samples, spec, "fewshot_config", "samples")
        if samples is not None:
            return self._given(samples() if callable(samples) else samples)
        return list(self._table(str(self.pool_split), self._process_docs))

    def _given(self, samples: Any) -> Sequence[Doc]:
        if not isinstance(samples, list | tuple) or not all(isinstance(doc, Mapping) for doc in samples):
            raise self._spec.error("samples: expected a list of documents", "fewshot_config", "samples")
        return samples

    def _table(self, split: str, process: ProcessDocs | None) -> Any:
        if (split, process) not in self._processed:
            self._processed[split, process] = self._process(split, process)
        return self._processed[split, process]

    def _process(self, split: str, process: ProcessDocs | None) -> Any:
        if split not in self._whole:
            splits = self._whole.splits
            nearest = nearest_names(split, splits, count=1)
            hint = f"did you mean '{nearest[0]}'?" if nearest else f"splits: {', '.join(splits)}"
            raise self._spec.error(f"the data has no split '{split}'", *self._key_of(split), hint=hint)
        rows = self._own_rows(split)
        if process is None:
            return rows
        require_datasets(self._spec.task)
        before = random.getstate()
        processed = self._processed_by(process, rows, split)
        if random.getstate() != before:
            logger.warning(
                "task '%s': process_docs draws from the global random generator: its documents depend on the seed and "
                "the tasks before it",
                self._spec.task,
            )
        return processed

    def _own_rows(self, split: str) -> Sequence[Doc]:
        rows = self.dataset.rows(split)
        if not len(rows):
            raise self._error(split, "it has no rows" if self._whole.local else f"the split '{split}' has no rows")
        try:
            return Annotations.of(self._spec).own_rows(rows, columns(rows), local=self._whole.local)
        except ValueError as error:
            raise self._error(split, str(error)) from None

    def _processed_by(self, process: ProcessDocs, rows: Sequence[Doc], split: str) -> Any:
        try:
            with reading(local=self._whole.local) as noted:
                processed = process(as_table(rows))
        except (SpecError, MissingRequirementError):
            raise
        except UsageError as error:
            raise self._error(split, str(error), hint=error.hint) from error
        except Exception as error:
            problem = f"process_docs: {type(error).__name__}: {error}"
            raise self._spec.error(problem, "process_docs") from error
        for line in noted.notes:
            logger.warning("task '%s': %s", self._spec.task, line)
        if noted.adapters:
            self._adapters[split] = ", ".join(noted.adapters)
        return processed

    def _error(self, split: str, problem: str, *, hint: str = "") -> SpecError:
        """An error in the file that holds a split, else in the task file where it names the split."""
        files = self._whole.files.get(split)
        if not files:
            return self._spec.error(problem, *self._key_of(split), hint=hint)
        return SpecError(f"task '{self._spec.task}': {problem}", file=files[0], hint=hint)

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
