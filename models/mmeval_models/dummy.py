"""`dummy`: seeded random answers that need no weights, to try tasks, runs and reports."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mmeval.local.stops import cut_at_stops
from mmeval.model import Model
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

ANSWERS = (
    *("True", "False", "Yes", "No", "A", "B", "C", "D", "0", "1", "2", "3", "5", "8", "red", "blue", "[]"),
    *("The answer is A.", "The answer is 4.", r"\boxed{2}", "I think that it is False.", "It is hard to say.", ""),
)
"""What a generation says: answers of the usual forms, in a sentence or bare, and some that are none."""
WORST_LOGPROB = -32.0


class DummyModel(Model):
    """Answers every kind of text request with values drawn from (`seed`, content hash, request seed).

    An answer does not depend on order, batch or other requests. Log-likelihoods are uniform in [-32, 0) nats, at most
    one continuation of a request is greedy, a whole text gets its value per word; a word counts as a token.
    """

    kinds = frozenset({Generate, Loglikelihood, RollingLoglikelihood})
    modalities = frozenset({"text", "image", "graph"})

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            yield request.key, _answer(request.ask, f"{self.seed}:{request.content_hash}:{request.seed}".encode())

    def info(self) -> Mapping[str, Any]:
        return {"seed": self.seed}


def _answer(ask: Ask, source: bytes) -> Response:
    if isinstance(ask, Loglikelihood):
        return _likelihoods(source, ask.continuations)
    if isinstance(ask, Generate):
        return _generation(source, ask)
    if isinstance(ask, RollingLoglikelihood):
        words = len(ask.text.split())
        return RollingLikelihood(_logprob(*_draws(source, 1)) * words, words)
    return Failure(f"the dummy model does not answer {type(ask).__name__}")


def _draws(source: bytes, count: int) -> tuple[int, ...]:
    """`count` uniform 32-bit integers that depend on `source` alone."""
    return struct.unpack(f"<{count}I", hashlib.shake_128(source).digest(4 * count))


def _logprob(draw: int) -> float:
    return WORST_LOGPROB * (draw + 1) / 2**32


def _likelihoods(source: bytes, continuations: Sequence[str]) -> Likelihoods:
    coin, *draws = _draws(source, len(continuations) + 1)
    logprobs = tuple(_logprob(draw) for draw in draws)
    best = max(logprobs, default=0.0)
    lengths = tuple(max(1, len(continuation.split())) for continuation in continuations)
    return Likelihoods(logprobs, tuple(logprob == best and coin % 2 == 0 for logprob in logprobs), lengths=lengths)


def _generation(source: bytes, ask: Generate) -> Generation:
    words = cut_at_stops(ANSWERS[_draws(source, 1)[0] % len(ANSWERS)], ask.stop).split()
    kept = words[: ask.max_tokens]
    return Generation(" ".join(kept), "stop" if kept == words else "length", tokens=len(kept))
