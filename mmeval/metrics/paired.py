"""Two runs over the same samples: their difference, and how sure it is.

The unit is the group: a cluster of samples, or a sample by itself. Differences are of the other run from the one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mmeval.metrics.additive import Groups, additive_form
from mmeval.metrics.aggregations import Aggregation, mean
from mmeval.metrics.bootstrap import SLOW_ITERS
from mmeval.metrics.statistics import sample_stddev

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Z_POWER = 2.8016
"""The 97.5 % and 80 % quantiles of the normal distribution, added: a difference of as many standard errors is found
by a two-sided test at 5 % in 80 % of all repetitions.
"""
FEWEST_DISCORDANT = 6
"""With fewer samples that only one run got right, an exact McNemar test cannot reach 5 %."""
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Pairs:
    """What two runs gave the same groups of samples, and how values become one number."""

    aggregation: Aggregation
    one: Groups
    other: Groups

    @property
    def difference(self) -> float:
        """The other run's value minus the one's."""
        return float(self.aggregation(_flat(self.other)) - self.aggregation(_flat(self.one)))

    @property
    def singles(self) -> bool:
        """Whether every group is one value."""
        return all(len(group) == 1 for group in (*self.one, *self.other))

    @property
    def binary(self) -> bool:
        """Whether this is about right and wrong answers: a mean of values that are all 0 or 1."""
        return self.aggregation is mean and all(value in (0, 1) for value in _flat([*self.one, *self.other]))

    @property
    def discordant(self) -> tuple[int, int]:
        """How many samples only the one run got right, and how many only the other (0/1 values)."""
        both = list(zip(_flat(self.one), _flat(self.other), strict=True))
        return sum(a > b for a, b in both), sum(a < b for a, b in both)


def _flat(groups: Groups) -> list[float]:
    return [value for group in groups for value in group]


def mcnemar(lost: int, won: int) -> float:
    """The exact two-sided p-value of McNemar's test: is a discordant sample as often lost as won?"""
    n = lost + won
    tail = ways = 1
    for k in range(min(lost, won)):
        ways = ways * (n - k) // (k + 1)
        tail += ways
    return min(1.0, 2 * tail / (1 << n))


def permutation(pairs: Pairs, iters: int, seed: int = 0) -> float:
    """The two-sided p-value of a paired permutation test, in which the runs swap whole groups at random.

    All swaps are tried where there are no more than `iters`; else `iters` are drawn and the observed one is counted
    among them. An aggregation that is not a function of sums is called for at most `SLOW_ITERS` of them.
    """
    iters = iters if additive_form(pairs.aggregation) else min(iters, SLOW_ITERS)
    size = len(pairs.one)
    exact = 2**size <= iters
    blocks = _all_swaps(size) if exact else _drawn_swaps(size, iters, seed)
    observed = abs(pairs.difference)
    swapped = _after_swaps(pairs)
    extreme, tried = (0, 0) if exact else (1, 1)
    for swaps in blocks:
        found: list[float] = abs(swapped(swaps)).tolist()
        extreme += sum(difference >= observed * (1 - 1e-9) for difference in found)
        tried += len(found)
    return extreme / tried


def _all_swaps(size: int) -> Iterator[Floats]:
    import numpy as np

    yield ((np.arange(2**size)[:, None] >> np.arange(size)) & 1).astype(np.float64)


def _drawn_swaps(size: int, iters: int, seed: int) -> Iterator[Floats]:
    import numpy as np

    generator = np.random.default_rng(seed)
    rows = max(1, _BLOCK // size)
    for done in range(0, iters, rows):
        yield generator.integers(0, 2, (min(rows, iters - done), size)).astype(np.float64)


def _after_swaps(pairs: Pairs) -> Callable[[Floats], Floats]:
    """The differences after rows of swaps; shape (rows, groups) -> (rows,)."""
    import numpy as np

    additive, size = additive_form(pairs.aggregation), len(pairs.one)
    if additive is None:
        return lambda swaps: np.array([_swapped_once(pairs, row) for row in swaps.astype(bool).tolist()])
    counts = additive.count([*pairs.one, *pairs.other])
    one, other = counts[:size], counts[size:]
    first, second, gain = one.sum(axis=0), other.sum(axis=0), other - one

    def swapped(swaps: Floats) -> Floats:
        moved = swaps @ gain
        return additive.finish(second - moved) - additive.finish(first + moved)

    return swapped


def _swapped_once(pairs: Pairs, row: Sequence[bool]) -> float:
    both = list(zip(pairs.one, pairs.other, row, strict=True))
    one = [other if swap else one for one, other, swap in both]
    other = [one if swap else other for one, other, swap in both]
    return Pairs(pairs.aggregation, one, other).difference


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction: p-values that keep the chance of any false discovery among all of them."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    reached = 0.0
    for rank, index in enumerate(order):
        reached = max(reached, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[index] = reached
    return adjusted


def smallest_difference(pairs: Pairs, stderr: float) -> float | None:
    """The smallest true difference that as many samples would show in 80 % of all repetitions.

    None where the standard error says nothing. For right and wrong answers no less than `FEWEST_DISCORDANT` samples.
    """
    least = FEWEST_DISCORDANT / len(pairs.one) if pairs.binary and pairs.singles else 0.0
    return max(Z_POWER * stderr, least) or None


def effect_size(pairs: Pairs) -> tuple[str, float | None]:
    """Cohen's h of right and wrong answers, d of other means, and nothing of what is no mean."""
    if pairs.aggregation is not mean:
        return "", None
    if pairs.binary:
        return "h", cohens_h(mean(_flat(pairs.one)), mean(_flat(pairs.other)))
    return "d", cohens_d(pairs)


def cohens_h(one: float, other: float) -> float:
    """The effect size of two shares: the difference of their arcsine transforms (0.2 small, 0.5 medium, 0.8 large)."""
    return 2 * math.asin(math.sqrt(other)) - 2 * math.asin(math.sqrt(one))


def cohens_d(pairs: Pairs) -> float | None:
    """The effect size of paired numbers: mean difference in standard deviations of the differences."""
    differences = [b - a for a, b in zip(_flat(pairs.one), _flat(pairs.other), strict=True)]
    spread = sample_stddev(differences) if len(differences) > 1 else 0.0
    return mean(differences) / spread if spread else None
