"""Four letters behind the same five examples."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.scenarios.letters import LETTERS
from benchmarks.versus.world import TINY, Language, checkpoint


def make(size: int, cache: Path) -> Asks:
    """About 600 tokens of examples (`first_n`), then questions of about 96."""
    language = Language(4)
    examples = "".join(f"{language.question(66)} A\n\n" for _ in range(5))
    rows = [(examples + language.question(66), LETTERS) for _ in range(size)]
    return asks(checkpoint(cache, TINY), "loglikelihood", rows)


SCENARIO = Scenario("5-shot first_n, letters", 6, 100, 500, make)
