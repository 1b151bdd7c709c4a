"""Perplexity of whole texts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, Language, checkpoint


def make(size: int, cache: Path) -> Asks:
    """Texts of 100 to 4,000 tokens; every token is scored, so that nothing can be shared."""
    language = Language(8)
    rows = [(language.words(language.rng.randint(80, 3200)),) for _ in range(size)]
    return asks(checkpoint(cache, TINY), "rolling", rows)


SCENARIO = Scenario("rolling perplexity", None, 30, 300, make)
