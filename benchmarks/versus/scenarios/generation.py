"""Short generations, each with several stop strings; most end early, some never."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, Language, checkpoint

STOPS = ["\n\n", "Question:", ".", "e", "ing"]


def make(size: int, cache: Path) -> Asks:
    """Prompts of 30 to 130 tokens, at most 64 new ones."""
    language = Language(9)
    rows = [(language.question(language.rng.randint(15, 90)), STOPS, 64) for _ in range(size)]
    return asks(checkpoint(cache, TINY), "generate", rows)


SCENARIO = Scenario("short generations, five stop strings", 2, 1000, 2000, make)
