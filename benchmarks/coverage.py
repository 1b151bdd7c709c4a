"""How often 95 % intervals hold the truth, how often `compare` is wrong where nothing differs, and what it can show.

    python benchmarks/coverage.py [--rounds 2000]

All figures come from the functions that runs and comparisons use. `tests/metrics/test_coverage.py` gates those with
500 samples or more; the others are here to be read. `coverage.md` holds measured ones.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Sequence
from functools import cache

from mmeval.metrics import aggregations
from mmeval.metrics.aggregations import mean
from mmeval.metrics.choice import acc
from mmeval.metrics.classification import f1
from mmeval.metrics.paired import Z_POWER, Pairs, holm
from mmeval.metrics.statistics import Z95, Interval, clustered_share_interval, interval_over_tasks, mean_stderr
from mmeval.metrics.summarize import summarize
from mmeval.report.compare.evidence import Evidence, evidence
from mmeval.report.compare.rows import ALPHA
from mmeval.types import Metric, Sample, SampleScore

SHARES = (0.2, 0.5, 0.8)
CLUSTERS = {
    "100 of 5": [5] * 100,
    "13 of 40 or less": [40] * 12 + [20],
    "4 each of 1, 2, 4, ... 64": [2**power for power in range(7) for _ in range(4)],
    "50 of 5 and 50 of 50": [5] * 50 + [50] * 50,
    "20 of 10 and 300 of 1": [10] * 20 + [1] * 300,
}
"""Sizes of clusters, of 500 samples or more in all."""
SPREADS = (0.0, 0.1, 0.3)
"""Standard deviations of the gains of the tasks of a domain; that of the error of one task's is .06."""
RESAMPLES = 1000
MODELS = ((0.8, 0.8), (0.4, 0.9))
"""Sensitivity and specificity of simulated classifiers."""


def interval_of(metric: Metric, values: Sequence[object]) -> Interval:
    """The interval of a run with these values."""
    samples = {str(row): Sample(str(row), {}) for row in range(len(values))}
    scored = [SampleScore(str(row), {metric.name: value}) for row, value in enumerate(values)]
    row = summarize(scored, [metric], samples=samples, bootstrap_iters=RESAMPLES).metrics[0]
    return row.interval or (0.0, 0.0)


@cache
def accuracy_intervals(n: int) -> Sequence[Interval]:
    """The interval of every number of right answers of n."""
    return [interval_of(acc, [1.0] * right + [0.0] * (n - right)) for right in range(n + 1)]


def accuracy_coverage(n: int, share: float) -> float:
    """The chance that an interval holds the true accuracy: not simulated, but summed over the binomial distribution."""

    def chance(right: int) -> float:
        ways = math.lgamma(n + 1) - math.lgamma(right + 1) - math.lgamma(n - right + 1)
        return math.exp(ways + right * math.log(share) + (n - right) * math.log(1 - share))

    return math.fsum(chance(right) for right, (low, high) in enumerate(accuracy_intervals(n)) if low <= share <= high)


def clustered_coverage(sizes: Sequence[int], share: float, rounds: int, correlation: float = 0.5) -> float:
    """The share of intervals that hold the true accuracy, where answers within a cluster have this correlation."""
    rng, held = random.Random(f"{sizes} {share}"), 0
    a, b = (part * (1 - correlation) / correlation for part in (share, 1 - share))
    clusters = [cluster for cluster, size in enumerate(sizes) for _ in range(size)]
    for _ in range(rounds):
        chances = [rng.betavariate(a, b) for _ in sizes]
        values = [float(rng.random() < chances[cluster]) for cluster in clusters]
        low, high = clustered_share_interval(values, clusters)
        held += low <= share <= high
    return held / rounds


def over_tasks_coverage(tasks: int, spread: float, rounds: int, weights: Sequence[float] = ()) -> float:
    """The share of intervals of a mean over tasks that hold the mean of all tasks like them, which is 0.05.

    `spread` is the standard deviation of the tasks' own means; each is of 100 paired differences of 0, 1 and -1.
    """
    rng, held = random.Random(f"{tasks} {spread} {weights}"), 0
    for _ in range(rounds):
        values, halves = [], []
        for _ in range(tasks):
            mean_here = rng.gauss(0.05, spread)
            won, lost = min(1.0, max(0.0, 0.2 + mean_here / 2)), min(1.0, max(0.0, 0.2 - mean_here / 2))
            differences = rng.choices((1.0, -1.0, 0.0), (won, lost, max(0.0, 1 - won - lost)), k=100)
            values.append(mean(differences))
            halves.append(Z95 * (mean_stderr(differences) or 0.0))
        low, high = interval_over_tasks(values, halves, weights)
        held += low <= 0.05 <= high
    return held / rounds


def f1_coverage(n: int, share: float, model: tuple[float, float], rounds: int) -> float:
    """The share of intervals that hold the true F1 of a classifier, where `share` of the samples are of class 1."""
    rng = random.Random(f"{n} {share} {model}")
    sensitivity, specificity = model
    hits, false = share * sensitivity, (1 - share) * (1 - specificity)
    truth = 2 * hits / (hits + false + share)

    def value() -> tuple[int, int]:
        gold = rng.random() < share
        return int(gold), int(rng.random() < (sensitivity if gold else 1 - specificity))

    intervals = [interval_of(f1, [value() for _ in range(n)]) for _ in range(rounds)]
    return mean([float(low <= truth <= high) for low, high in intervals])


def single_pairs(rng: random.Random, n: int, share: float) -> Pairs:
    """Two equal models: both right with the chance of the question."""
    chances = [rng.betavariate(share, 1 - share) for _ in range(n)]
    one, other = ([[float(rng.random() < chance)] for chance in chances] for _ in range(2))
    return Pairs(mean, one, other)


def clustered_pairs(rng: random.Random, n: int, share: float, per_cluster: int = 40) -> Pairs:
    """Two models that are equal on the whole, each with luck of its own in every cluster."""
    one, other = (
        [
            [float(rng.random() < chance) for _ in range(per_cluster)]
            for chance in (rng.betavariate(share, 1 - share) for _ in range(n // per_cluster))
        ]
        for _ in range(2)
    )
    return Pairs(mean, one, other)


def f1_pairs(rng: random.Random, n: int, share: float) -> Pairs:
    """Two equal classifiers."""
    golds = [int(rng.random() < share) for _ in range(n)]
    one, other = ([[(gold, gold if rng.random() < 0.8 else 1 - gold)] for gold in golds] for _ in range(2))
    return Pairs(aggregations.f1, one, other)


def numeric_pairs(rng: random.Random, n: int, share: float) -> Pairs:
    """Two equal models with a score that is not 0 or 1."""
    one, other = ([[rng.betavariate(2 * share, 2 - 2 * share)] for _ in range(n)] for _ in range(2))
    return Pairs(mean, one, other)


NULLS: dict[str, Callable[[random.Random, int, float], Pairs]] = {
    "accuracy": single_pairs,
    "clustered accuracy": clustered_pairs,
    "F1": f1_pairs,
    "mean of numbers": numeric_pairs,
}


def null(kind: str, n: int, share: float, rounds: int) -> list[Evidence]:
    """Comparisons of models that do not differ."""
    rng = random.Random(f"{kind} {n} {share}")
    return [evidence(NULLS[kind](rng, n, share), RESAMPLES) for _ in range(rounds)]


def told_apart(found: Sequence[Evidence]) -> float:
    """The share of comparisons that claim a difference."""
    return mean([float(p <= ALPHA) for p in _p_values(found)])


def _p_values(found: Sequence[Evidence]) -> list[float]:
    return [each.p for each in found if each.p is not None]


def held(found: Sequence[Evidence]) -> float:
    """The share of intervals of the difference that hold 0."""
    return mean([float(bool(each.interval) and each.interval[0] <= 0 <= each.interval[1]) for each in found])


def family_errors(found: Sequence[Evidence], tasks: int) -> float:
    """The share of comparisons over several tasks that claim any difference after Holm's correction."""
    families = [found[start : start + tasks] for start in range(0, len(found) - tasks + 1, tasks)]
    return mean([float(min(holm(_p_values(family))) <= ALPHA) for family in families])


def power(n: int, discordant: float, times: float, rounds: int) -> float:
    """How often a difference of `times` the one that n samples can show is found. `discordant` is the share of samples
    on which the models disagree.
    """
    difference = times * Z_POWER * (discordant / n) ** 0.5
    won, lost = (discordant + difference) / 2, (discordant - difference) / 2
    rng, found = random.Random(f"{n} {discordant} {times}"), list[Evidence]()
    for _ in range(rounds):
        draws = [rng.random() for _ in range(n)]
        one = [[float(won <= draw < won + lost)] for draw in draws]
        other = [[float(draw < won)] for draw in draws]
        found.append(evidence(Pairs(mean, one, other), 2))
    return told_apart(found)


def main(rounds: int) -> None:
    """Print the tables."""
    print("interval of              n   p     coverage")
    for n in (20, 50, 100, 500, 2000):
        for share in (0.02, *SHARES, 0.98):
            print(f"accuracy (exact)      {n:5} {share:.2f}   {accuracy_coverage(n, share):.3f}")
    for name, sizes in {"10 of 10": [10] * 10, **CLUSTERS, "50 of 40": [40] * 50}.items():
        for share in SHARES:
            coverage = clustered_coverage(sizes, share, 5 * rounds)
            print(f"accuracy, clusters: {name:30} {sum(sizes):5} {share:.2f}   {coverage:.3f}")
    for n in (50, 100, 500):
        for share in SHARES:
            for model in MODELS:
                print(f"F1, {model}        {n:5} {share:.2f}   {f1_coverage(n, share, model, rounds // 2):.3f}")
    print("\nmean over tasks   spread   coverage")
    for tasks in (2, 3, 5, 10):
        for spread in SPREADS:
            print(f"{tasks:15} {spread:8.2f}   {over_tasks_coverage(tasks, spread, rounds):.3f}")
    print("\nequal models             n   p     false positives   interval holds 0   any of 5, Holm")
    for kind in NULLS:
        for n in (100, 500):
            for share in (0.2, 0.5):
                found = null(kind, n, share, rounds)
                rates = f"{told_apart(found):15.3f}   {held(found):16.3f}   {family_errors(found, 5):14.3f}"
                print(f"{kind:20} {n:5} {share:.2f}   {rates}")
    print("\ndifference, in what n can show   n   models disagree   found")
    for n, discordant in ((200, 0.2), (1000, 0.1), (1000, 0.3)):
        for times in (0.5, 1.0, 1.5):
            print(f"{times:29.1f} {n:5} {discordant:17.1f}   {power(n, discordant, times, rounds):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2000)
    main(parser.parse_args().rounds)
