"""CLeGR: forty questions over each graph, answered in a few tokens."""

from __future__ import annotations

from pathlib import Path

from benchmarks.versus.scenario import Asks, Scenario, asks
from benchmarks.versus.world import TINY, checkpoint

QUESTIONS = 40


def make(size: int, cache: Path) -> Asks:
    """`size` questions of the facts set, graph text first (about 3,000 tokens); 16 new tokens."""
    from mmeval_tasks.clegr import ClegrFacts

    task = ClegrFacts()
    by_graph: dict[str, list[str]] = {}
    for sample in task.samples():
        [ask] = task.requests(sample)
        by_graph.setdefault(str(sample.metadata["graph"]), []).append(ask.prompt.text)
        if sum(len(prompts) >= QUESTIONS for prompts in by_graph.values()) * QUESTIONS >= size:
            break
    prompts = [prompt for graph in by_graph.values() if len(graph) >= QUESTIONS for prompt in graph[:QUESTIONS]]
    return asks(checkpoint(cache, TINY, context=8192), "generate", [(prompt, ["\n"], 16) for prompt in prompts[:size]])


SCENARIO = Scenario("CLeGR, forty questions a graph", 8, 40, 400, make)
