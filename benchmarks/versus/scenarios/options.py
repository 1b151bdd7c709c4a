"""Four options of several tokens, no examples."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, Language, checkpoint


def make(size: int, cache: Path) -> Asks:
    """Contexts of about 96 tokens, options of about 6."""
    language = Language(1)
    rows = [(language.question(66), language.options(4)) for _ in range(size)]
    return asks(checkpoint(cache, TINY), "loglikelihood", rows)


SCENARIO = Scenario("four multi-token options", 5, 500, 5000, make)
