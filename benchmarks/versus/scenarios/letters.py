"""Four options, each a letter, no examples."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, Language, checkpoint

LETTERS = [" A", " B", " C", " D"]


def make(size: int, cache: Path) -> Asks:
    """Contexts of about 96 tokens; lm-eval computes each once, too."""
    language = Language(2)
    return asks(checkpoint(cache, TINY), "loglikelihood", [(language.question(66), LETTERS) for _ in range(size)])


SCENARIO = Scenario("four letters", 3.1, 500, 5000, make)
