"""What a run decides about the tasks that it reads from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmeval.data import DataOptions
from mmeval.spec.task_spec import TaskSpec


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """The flags of the same names. `num_fewshot` None leaves each task its own number.

    `metadata` (the model's arguments among it) goes over a task's own, to be read by its `custom_dataset`.
    `trust_remote_code` allows metrics whose code comes from a hub, `confirm_run_unsafe_code` tasks that run what a
    model wrote; `no_task_code` refuses every task that refers to a function. Of `task_args` a YAML task takes only
    `retrieved`, a file of passages.
    """

    num_fewshot: int | None = None
    fewshot_seed: int | None = 1234
    gen_kwargs: Mapping[str, Any] = field(default_factory=dict)
    data_dir: str | None = None
    dataset_override: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    trust_remote_code: bool = False
    confirm_run_unsafe_code: bool = False
    no_task_code: bool = False
    task_args: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def metadata_of(self, spec: TaskSpec) -> dict[str, Any]:
        """A task's metadata under this run's, with the file that it comes from."""
        return {**spec.details, **self.metadata, "config_source": str(spec.file)}

    @property
    def data(self) -> DataOptions:
        """The part that the data resolver reads."""
        return DataOptions(self.data_dir, self.dataset_override, self.offline)
