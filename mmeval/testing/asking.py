"""Asks that every model can be given, and asks as addressed requests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from mmeval.engine.plan import request_seed
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.serialize import content_hash
from mmeval.types import (
    Ask,
    Generate,
    Graph,
    Loglikelihood,
    Prompt,
    Represent,
    Request,
    RequestKey,
    RollingLoglikelihood,
)

_TEXTS = (
    "The capital of France is",
    "Question: is seven larger than nine?\nAnswer:",
    "1, 2, 3, 4,",
    "Größe, 漢字 and 🙂 are words too.",
)
_GRAPH = Graph(({"name": "Anker"}, {"name": "Birke"}), ({"source": 0, "target": 1},), "Anker is next to Birke.")

ASKS: Mapping[type, Sequence[Ask]] = {
    Generate: (
        *(Generate(Prompt.of(text), max_tokens=8, stop=("\n",)) for text in _TEXTS),
        Generate(Prompt.of(_TEXTS[0]), max_tokens=1),
        *(Generate(Prompt.of(text), max_tokens=6, temperature=1.0) for text in _TEXTS[:2]),
    ),
    Loglikelihood: (
        Loglikelihood(Prompt.of(_TEXTS[0]), (" Paris", " Rome", " a city on the Seine")),
        Loglikelihood(Prompt.of(_TEXTS[1]), (" no", " yes")),
        Loglikelihood(Prompt.of(_TEXTS[2]), (" 5",)),
    ),
    RollingLoglikelihood: (
        *(RollingLoglikelihood(text) for text in _TEXTS),
        RollingLoglikelihood(_TEXTS[0], stride="half"),
    ),
    Represent: (Represent((Prompt.of(_TEXTS[0]), Prompt.of(_TEXTS[0] + " now")), (-1,), (0,)),),
}
"""Short asks of every kind, in words of several scripts."""

GRAPH_ASK = Generate(Prompt.of(_GRAPH, "What is next to Anker?"), max_tokens=8)


def asks_of(kinds: Collection[type], modalities: Collection[str]) -> list[Ask]:
    """Asks of the given kinds; one with a graph where graphs are taken."""
    asks = [ask for kind, examples in ASKS.items() if kind in kinds for ask in examples]
    return [*asks, GRAPH_ASK] if "graph" in modalities and Generate in kinds else asks


def addressed(asks: Iterable[Ask], *, first: int = 0, task: str = "conformance") -> list[Request]:
    """Each ask as the request of a sample of its own, resolved as a run without a chat template does."""
    requests = []
    for number, ask in enumerate(asks, start=first):
        key, resolved = RequestKey(task, f"test:{number}"), resolve(ask, PromptStyle())
        seed = request_seed(1234, key) if resolved.sampled else None
        requests.append(Request(key, resolved, content_hash(resolved), seed))
    return requests
