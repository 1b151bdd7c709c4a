"""What answering took: tokens by role, and their price where the model says what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmeval.engine.plan import Plan
from mmeval.types import Failure, Generation, Likelihoods, Request, Response, RollingLikelihood

PER = 1_000_000
"""Tokens that a price is for."""


def usage(plan: Plan, prices: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """By role: the number of answers, prompt tokens, tokens written or scored, and with `prices` the `cost`.

    An answer that requests share (equal content, not sampled) counts once. Prices are per million tokens: `prompt` and
    `completion`. What a server counts and does not answer (a request that failed) is not known here.
    """
    totals: dict[str, dict[str, Any]] = {}
    for role, response in _answers(plan):
        total = totals.setdefault(role, {"answers": 0, "prompt_tokens": 0, "tokens": 0})
        read, written = _tokens(response)
        total["answers"] += 1
        total["prompt_tokens"] += read
        total["tokens"] += written
    for role, price in prices.items():
        if role in totals:
            read, written = totals[role]["prompt_tokens"], totals[role]["tokens"]
            totals[role]["cost"] = round((read * price["prompt"] + written * price["completion"]) / PER, 6)
    return totals


def _answers(plan: Plan) -> Iterator[tuple[str, Response]]:
    seen: set[str] = set()
    for trial in plan.trials:
        for request, response in zip(trial.requests, trial.responses, strict=False):
            if not isinstance(response, Failure) and (request.ask.sampled or _first(request, seen)):
                yield request.ask.role, response


def _first(request: Request, seen: set[str]) -> bool:
    known = request.content_hash in seen
    seen.add(request.content_hash)
    return not known


def _tokens(response: Response) -> tuple[int, int]:
    if isinstance(response, Generation | Likelihoods):
        return response.prompt_tokens or 0, response.tokens or 0
    return 0, (response.tokens or 0) if isinstance(response, RollingLikelihood) else 0
