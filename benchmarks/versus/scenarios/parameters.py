"""A model of 31 million parameters, whose layers are what costs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import SMALL, Language, checkpoint


def make(size: int, cache: Path) -> Asks:
    """Contexts of about 96 tokens, four options of about 6."""
    language = Language(6)
    rows = [(language.question(66), language.options(4)) for _ in range(size)]
    return asks(checkpoint(cache, SMALL), "loglikelihood", rows)


SCENARIO = Scenario("31 M parameters, four multi-token options", 3.5, 40, 200, make)
