"""The rows of a comparison: what two runs scored, how sure the difference is, and what it means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mmeval.metrics.statistics import Interval
from mmeval.report.compare.evidence import Evidence

ALPHA = 0.05
WIDE = 0.05
"""A difference whose interval reaches further than this to each side, as a share of the metric's range, is not known
well enough to speak of.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """A run's own figures in a row. `unparsed` is the share of its answers from which nothing could be extracted,
    `tuned` says that its model was trained on the task's data set.
    """

    value: float | None
    interval: Interval | None
    unparsed: float
    tuned: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one task or group. `tested` is None where the samples cannot be tested; `problem` says why. What is
    `pooled_in` a group is tested there.
    """

    task: str
    metric: str
    pipeline: str
    domain: str
    n: int
    total: int
    one: Side
    other: Side
    higher_is_better: bool | None
    span: float | None
    """The width of the metric's range."""
    chance: float | None
    baselines: Mapping[str, float]
    """What answers without a model score, by name."""
    tested: Evidence | None
    problem: str
    differs: tuple[str, ...]
    p_holm: float | None = None
    pooled_in: str = ""

    @property
    def verdict(self) -> str:
        """`better`, `worse`, `different`, `no difference shown`, `underpowered`, `pooled` or `not tested`, of the other
        run.
        """
        if self.tested is None:
            return "not tested"
        if self.pooled_in:
            return "pooled"
        low, high = self.tested.interval or (-math.inf, math.inf)
        if self.p_holm <= ALPHA if self.p_holm is not None else not low <= 0 <= high:
            if self.higher_is_better is None:
                return "different"
            return "better" if (self.tested.difference > 0) == self.higher_is_better else "worse"
        return "underpowered" if self.span and (high - low) / 2 > WIDE * self.span else "no difference shown"

    def notes(self, names: tuple[str, str]) -> list[str]:
        """What a reader should know before believing the row; `names` are those of the runs."""
        notes = list(self.differs)
        if self.n < self.total:
            notes.append(f"{self.total - self.n} samples without a value left out")
        unparsed = f"unparsed {self.one.unparsed:.1%} / {self.other.unparsed:.1%}"
        gap = abs(self.other.unparsed - self.one.unparsed)
        if self.tested is not None and 0 < abs(self.tested.difference) < gap * (self.span or 1):
            notes.append(f"format effect possible: {unparsed}")
        elif self.one.unparsed or self.other.unparsed:
            notes.append(unparsed)
        for name, side in zip(names, (self.one, self.other), strict=True):
            if side.tuned:
                notes.append(f"{name} in-domain-tuned")
            if self.chance is not None and side.value is not None and side.value < self.chance:
                notes.append(f"{name} below chance")
        pooled = f"tested within {self.pooled_in}" if self.pooled_in else ""
        return [*notes, *filter(None, (pooled, self.problem))]

    @property
    def is_share(self) -> bool:
        """Whether both scores lie between 0 and 1."""
        return self.span == 1.0 and all(0 <= (side.value or 0) <= 1 for side in (self.one, self.other))

    def over_chance(self, side: Side) -> float | None:
        """A side's chance-adjusted score (score - chance) / (1 - chance); None without a chance level."""
        if self.chance is None or side.value is None:
            return None
        return (side.value - self.chance) / (1 - self.chance)

    @property
    def adjusted(self) -> float | None:
        """The difference of the chance-adjusted scores (score - chance) / (1 - chance); None without a chance level."""
        if self.chance is None or self.tested is None:
            return None
        return self.tested.difference / (1 - self.chance)
