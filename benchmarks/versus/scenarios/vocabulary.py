"""Four options of several tokens and a large vocabulary."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, Language, checkpoint


def make(size: int, cache: Path) -> Asks:
    """The tokenizer knows 4,096 tokens; the model's other outputs are never asked for, but computed."""
    language = Language(5)
    rows = [(language.question(66), language.options(4)) for _ in range(size)]
    return asks(checkpoint(cache, TINY, 32_000), "loglikelihood", rows)


SCENARIO = Scenario("four multi-token options, vocabulary 32,000", 10, 100, 500, make)
