"""What an analysis is told of the task whose states it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mmeval.probing import Estimator
from mmeval_tasks.layer_probes.prompts import PromptSet
from mmeval_tasks.layer_probes.splits import Sizes

CONTROLS = ("recentred", "retrained", "random_labels", "selectivity", "mdl", "ceiling")


@dataclass(frozen=True, slots=True)
class Options:
    """What can be changed when a run is scored again: arguments of the task, under their names there."""

    filter_anchor: Literal["none", "answer_yes"]
    estimator: Estimator
    l2: float | None
    seeds: int
    controls: tuple[str, ...]
    thresholds: tuple[float, float, float, int]
    """`tau1` to `tau3` and `run`."""
    bootstrap: int
    device: str
    untrained: str | None
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The probes of one run: their prompts, classes in the order of their numbers, sizes per class, and options."""

    name: str
    version: int
    first_stage: str
    prompts: PromptSet
    labels: Sequence[str]
    sizes: Sizes
    options: Options
    config: Mapping[str, Any]
