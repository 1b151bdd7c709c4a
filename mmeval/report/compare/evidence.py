"""What paired samples say of a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mmeval.metrics.bootstrap import defined, paired_replicates, percentile_interval, spread
from mmeval.metrics.paired import Pairs, effect_size, mcnemar, permutation, smallest_difference
from mmeval.metrics.statistics import Interval


@dataclass(frozen=True, slots=True)
class Evidence:
    """`difference` is the other run's value minus the one's, over the common samples.

    `p` is None where only the interval speaks, and `test` empty. `discordant` counts the samples that only the one and
    only the other run got right (None unless all values are 0 or 1). `effect` names the effect size. `smallest` is the
    difference that as many samples would show in 80 % of all repetitions. `replicates` are the differences of the
    bootstrap.
    """

    difference: float
    stderr: float | None
    interval: Interval | None
    test: str
    p: float | None
    discordant: tuple[int, int] | None
    effect: str
    effect_size: float | None
    smallest: float | None
    replicates: Sequence[float] = field(default=(), repr=False, compare=False)


def evidence(pairs: Pairs, iters: int) -> Evidence:
    """What pairs say of the difference: exact McNemar for single right or wrong answers, else a permutation test."""
    replicates = defined(paired_replicates(pairs.aggregation, pairs.one, pairs.other, iters))
    interval = percentile_interval(replicates, len(pairs.one))
    stderr = spread(replicates) if interval else None
    discordant = pairs.discordant if pairs.binary else None
    exact = discordant is not None and pairs.singles
    effect, size = effect_size(pairs)
    return Evidence(
        difference=pairs.difference,
        stderr=stderr,
        interval=interval,
        test="McNemar" if exact else "permutation",
        p=mcnemar(*discordant) if discordant is not None and exact else permutation(pairs, iters),
        discordant=discordant,
        effect=effect,
        effect_size=size,
        smallest=None if stderr is None else smallest_difference(pairs, stderr),
        replicates=replicates,
    )
