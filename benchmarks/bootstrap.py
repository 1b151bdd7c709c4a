"""Bootstrap standard errors and the summary of a large task, in CPU seconds.

    python benchmarks/bootstrap.py [--n 5000] [--iters 100000]

`loop` is the same resampling with `random.choices` and one call of the aggregation a resample, as lm-eval does it,
over a few resamples and scaled up.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from mmeval.metrics import aggregations
from mmeval.metrics.bootstrap import bootstrap_stderr
from mmeval.metrics.choice import acc
from mmeval.metrics.summarize import summarize
from mmeval.types import Sample, SampleScore

LOOPED = 20


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def looped(aggregation: Callable[[Sequence[Any]], float], values: Sequence[Any], iters: int) -> float:
    """CPU seconds of `iters` resamples, from a few."""
    draw = random.Random(0).choices
    return cpu_seconds(lambda: [aggregation(draw(values, k=len(values))) for _ in range(LOOPED)]) * iters / LOOPED


def bootstraps(n: int, iters: int) -> None:
    """Print one line per aggregation."""
    generator = random.Random(1)
    golds = [generator.randrange(2) for _ in range(n)]
    pairs = [(gold, gold if generator.random() < 0.8 else 1 - gold) for gold in golds]
    logprobs = [-generator.expovariate(0.3) for _ in range(n)]
    print(f"{'aggregation':20} {'vectorised':>10} {'loop':>10}   (n = {n}, {iters} resamples)")
    for aggregation, values in (
        (aggregations.f1, pairs),
        (aggregations.matthews_corrcoef, pairs),
        (aggregations.perplexity, logprobs),
        (aggregations.median, logprobs),
    ):
        fast = cpu_seconds(lambda f=aggregation, v=values: bootstrap_stderr(f, v, iters))  # type: ignore[misc]
        print(f"{aggregation.__name__:20} {fast:10.1f} {looped(aggregation, values, iters):10.0f}")


def summary(n: int = 100_000, values: int = 60) -> None:
    """Print how long the rows of a large task take."""
    generator = random.Random(2)
    samples = {str(i): Sample(str(i), {}, 0, {"form": f"f{i % values}", "graph": i // 40}) for i in range(n)}
    scored = [SampleScore(key, {"acc": float(generator.random() < 0.4)}) for key in samples]
    seconds = cpu_seconds(lambda: summarize(scored, [acc], samples=samples, slices=["form"], cluster="graph"))
    print(f"summary of {n} samples, {values} slice values, clustered: {seconds:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5000)
    parser.add_argument("--iters", type=int, default=100_000)
    options = parser.parse_args()
    bootstraps(options.n, options.iters)
    summary()
