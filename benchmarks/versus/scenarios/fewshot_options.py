"""Four options of several tokens behind the same five examples."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, Language, checkpoint


def make(size: int, cache: Path) -> Asks:
    """About 600 tokens of examples (`first_n`), then questions of about 96."""
    language = Language(3)
    examples = "".join(f"{language.question(66)}{language.options(1)[0]}\n\n" for _ in range(5))
    rows = [(examples + language.question(66), language.options(4)) for _ in range(size)]
    return asks(checkpoint(cache, TINY), "loglikelihood", rows)


SCENARIO = Scenario("5-shot first_n, multi-token options", 12, 100, 500, make)
