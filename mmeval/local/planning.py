"""Requests as rows: prompts rendered, tokenized in bulk, cut to the model's context."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from jinja2 import TemplateError

from mmeval.errors import UnknownNameError, UsageError
from mmeval.local.chat import PromptRenderer
from mmeval.local.rows import GenerationRow, Score, Scoring
from mmeval.local.tokens import (
    Pair,
    TokenIds,
    Tokenizer,
    encode,
    encode_pairs,
    fit,
    fit_budget,
    fit_prompt,
    problem,
    rolling_windows,
)
from mmeval.types import (
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Stride,
)

_REFUSED = "the chat template refuses the messages"

Answer: TypeAlias = tuple[RequestKey, Response]


def count_tokens(prompts: Iterable[Prompt], tokenizer: Tokenizer) -> list[int]:
    """The length of each prompt in tokens, rendered and encoded as for an answer."""
    renderer = PromptRenderer(tokenizer)
    try:
        texts = [renderer.text(prompt) for prompt in prompts]
    except TemplateError as error:
        raise UsageError(f"{_REFUSED}: {error}") from error
    ids = encode(tokenizer, texts)
    return [len(ids[text]) for text in texts]


class Plan:
    """What is to be computed for requests: rows to score, and rows to continue.

    `max_length` is the number of tokens that the model reads; `options` are the generation options that it takes.
    `tokens` counts the tokens of all rows.
    """

    def __init__(self, tokenizer: Tokenizer, max_length: int, options: Collection[str] = ()) -> None:
        self.scoring = Scoring()
        self.generations: list[GenerationRow] = []
        self.tokens = 0
        self._renderer = PromptRenderer(tokenizer)
        self._tokenizer, self._max_length, self._options = tokenizer, max_length, options

    def add(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Plan `requests`, tokenizing them in bulk; what needs no model (failures, mostly) is answered at once.

        Raises UnknownNameError for a generation option that the model does not take.
        """
        ready: list[tuple[Request, str]] = []
        for request in requests:
            try:
                ready.append((request, self._renderer.text(request.ask.prompt)))
            except TemplateError as error:
                yield request.key, Failure(f"{_REFUSED}: {error}")
        pairs = iter(encode_pairs(self._tokenizer, [pair for request, text in ready for pair in _pairs(request, text)]))
        ids = encode(self._tokenizer, [text for request, text in ready if not isinstance(request.ask, Loglikelihood)])
        for request, text in ready:
            if isinstance(request.ask, Loglikelihood):
                known = self._add_options(request.key, [next(pairs) for _ in request.ask.continuations])
            elif isinstance(request.ask, RollingLoglikelihood):
                known = self._add_whole(request.key, ids[text], request.ask.stride)
            elif isinstance(request.ask, Generate):
                known = self._add_generation(request, request.ask, ids[text])
            else:
                known = Failure(f"this model does not answer {type(request.ask).__name__}")
            if known is not None:
                yield request.key, known

    def _add_options(self, key: RequestKey, pairs: Sequence[Pair]) -> Response | None:
        reason = next(filter(None, (problem(pair, self._max_length) for pair in pairs)), "")
        if reason:
            return Failure(reason)
        fitted = [fit(pair, self._max_length) for pair in pairs]
        counts: dict[str, Any] = {
            "prompt_tokens": max((len(pair.context) for pair, _ in fitted), default=0),
            "tokens": sum(len(pair.continuation) for pair, _ in fitted),
            "truncated": max((dropped for _, dropped in fitted), default=0),
            "lengths": tuple(len(pair.continuation) for pair, _ in fitted),
        }

        def respond(scores: Sequence[Score]) -> Likelihoods:
            logprobs, greedy = zip(*scores, strict=True) if scores else ((), ())
            return Likelihoods(logprobs, greedy, **counts)

        return self._score(key, [pair for pair, _ in fitted], respond)

    def _add_whole(self, key: RequestKey, ids: TokenIds, stride: Stride) -> Response | None:
        def respond(scores: Sequence[Score]) -> RollingLikelihood:
            return RollingLikelihood(math.fsum(score.logprob for score in scores), len(ids))

        windows = list(rolling_windows(ids, self._tokenizer.prefix_id, self._max_length, stride))
        return self._score(key, windows, respond)

    def _score(
        self, key: RequestKey, pairs: Sequence[Pair], respond: Callable[[Sequence[Score]], Response]
    ) -> Response | None:
        if not pairs:
            return respond([])
        self.tokens += sum(len(context) + len(continuation) for context, continuation in pairs)
        self.scoring.add(key, pairs, respond)
        return None

    def _add_generation(self, request: Request, ask: Generate, ids: TokenIds) -> Response | None:
        for name in ask.options:
            if name not in self._options:
                raise UnknownNameError(
                    "generation option", name, self._options, hint=f"it takes {_listed(self._options)}"
                )
        ids = ids or (self._tokenizer.prefix_id,)
        fitted = fit_budget(ask, len(ids), self._max_length)
        if isinstance(fitted, Generation):
            return fitted
        ask = fitted
        if not 0 < ask.max_tokens < self._max_length:
            return Failure(f"{ask.max_tokens} new tokens leave no room in a context of {self._max_length}")
        kept, dropped = fit_prompt(ids, self._max_length, ask.max_tokens)
        stops = (*ask.stop, self._tokenizer.end_text)
        self.tokens += len(kept)
        self.generations.append(GenerationRow(request, ask, kept, stops, dropped))
        return None


def _pairs(request: Request, text: str) -> list[tuple[str, str]]:
    ask = request.ask
    return [(text, continuation) for continuation in ask.continuations] if isinstance(ask, Loglikelihood) else []


def _listed(options: Collection[str]) -> str:
    return ", ".join(sorted(options)) or "none"
