"""What a run decides about the tasks that it reads from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmeval.data import DataOptions


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """The flags of the same names. `num_fewshot` None leaves each task its own number.

    `trust_remote_code` allows metrics whose code comes from a hub. `task_args` are refused: a YAML task has none.
    """

    num_fewshot: int | None = None
    fewshot_seed: int | None = 1234
    gen_kwargs: Mapping[str, Any] = field(default_factory=dict)
    data_dir: str | None = None
    dataset_override: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False
    trust_remote_code: bool = False
    task_args: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def data(self) -> DataOptions:
        """The part that the data resolver reads."""
        return DataOptions(self.data_dir, self.dataset_override, self.offline)
