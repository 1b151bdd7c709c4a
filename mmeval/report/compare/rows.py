"""The rows of a comparison: what two runs scored, how sure the difference is, and what it means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mmeval.metrics.statistics import Interval
from mmeval.report.compare.evidence import Evidence

ALPHA = 0.05
REFUSED = "refused"
"""The verdict on a task that is not compared."""
FORMAT_EFFECT = "format effect possible"
NOT_COMPARABLE = "not comparable"
"""Flags of a row; those of a side are `Row.flags_of`."""
WIDE = 0.05
"""A difference whose interval reaches further than this to each side, as a share of the metric's range, is not known
well enough to speak of.
"""


@dataclass(frozen=True, slots=True)
class Side:
    """A run's own figures in a row. `unparsed` is the share of its answers from which nothing could be extracted,
    `tuned` says that its model was trained on the task's data set, `off` that a published score of its model is not
    reached again.
    """

    value: float | None
    interval: Interval | None
    unparsed: float
    tuned: bool = False
    off: bool = False


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
        half = (high - low) / 2
        if (
            not self.tested.stderr and self.tested.smallest
        ):  # nothing varied: the samples tell no more than their number
            half = max(half, self.tested.smallest)
        return "underpowered" if self.span and half > WIDE * self.span else "no difference shown"

    @property
    def flags(self) -> list[str]:
        """What stands against the row, in fixed words: of the row, then of either side."""
        of_sides = [flag for side in (self.one, self.other) for flag in self.flags_of(side)]
        return list(dict.fromkeys([*([FORMAT_EFFECT] if self._format_effect else ()), *of_sides]))

    def flags_of(self, side: Side) -> list[str]:
        """What stands against the score of one side."""
        below = self.chance is not None and side.value is not None and side.value < self.chance
        said = {"in-domain-tuned": side.tuned, "below chance": below, "reference off": side.off}
        return [flag for flag, holds in said.items() if holds]

    @property
    def _format_effect(self) -> bool:
        """Whether the answers that could not be read may explain the difference."""
        gap = abs(self.other.unparsed - self.one.unparsed)
        return self.tested is not None and abs(self.tested.difference) < gap * (self.span or 1)

    def notes(self, names: tuple[str, str]) -> list[str]:
        """What a reader should know before believing the row; `names` are those of the runs."""
        notes = list(self.differs)
        if self.n < self.total:
            notes.append(f"{self.total - self.n} samples without a value left out")
        unparsed = f"unparsed {self.one.unparsed:.1%} / {self.other.unparsed:.1%}"
        if self._format_effect:
            notes.append(f"{FORMAT_EFFECT}: {unparsed}")
        elif self.one.unparsed or self.other.unparsed:
            notes.append(unparsed)
        for name, side in zip(names, (self.one, self.other), strict=True):
            notes += [f"{name} {flag}" for flag in self.flags_of(side)]
        pooled = f"tested within {self.pooled_in}" if self.pooled_in else ""
        return [*notes, *filter(None, (pooled, self.problem))]

    @property
    def is_share(self) -> bool:
        """Whether there are both scores, and they lie between 0 and 1."""
        values = [side.value for side in (self.one, self.other)]
        return self.span == 1.0 and all(value is not None and 0 <= value <= 1 for value in values)

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
