"""Requests as rows: prompts rendered, tokenized in bulk, cut to the model's context."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from jinja2 import TemplateError

from mmeval.errors import UnknownNameError
from mmeval.local.chat import prompt_text
from mmeval.local.rows import GenerationRow, Score, Scoring
from mmeval.local.tokens import (
    Pair,
    TokenIds,
    Tokenizer,
    encode,
    encode_pairs,
    fit,
    fit_prompt,
    problem,
    rolling_windows,
)
from mmeval.types import (
    Failure,
    Generate,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

Answer: TypeAlias = tuple[RequestKey, Response]


class Plan:
    """What is to be computed for requests: rows to score, and rows to continue.

    `max_length` is the number of tokens that the model reads; `options` are the generation options that it takes.
    """

    def __init__(self, tokenizer: Tokenizer, max_length: int, options: Collection[str] = ()) -> None:
        self.scoring = Scoring()
        self.generations: list[GenerationRow] = []
        self._tokenizer, self._max_length, self._options = tokenizer, max_length, options

    def add(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Plan `requests`, tokenizing them in bulk; the answers that need no model (failures) come back at once.

        Raises UnknownNameError for a generation option that the model does not take.
        """
        yield from self._add_likelihoods(requests)
        yield from self._add_rolling(requests)
        yield from self._add_generations(requests)

    def _add_likelihoods(self, requests: Sequence[Request]) -> Iterator[Answer]:
        asked: list[tuple[Request, Loglikelihood, str]] = []
        for request in requests:
            if isinstance(request.ask, Loglikelihood):
                text = self._text(request.ask.prompt)
                if isinstance(text, Failure):
                    yield request.key, text
                else:
                    asked.append((request, request.ask, text))
        texts = [(text, continuation) for _, ask, text in asked for continuation in ask.continuations]
        pairs = iter(encode_pairs(self._tokenizer, texts))
        for request, ask, _ in asked:
            yield from self._score_options(request.key, [next(pairs) for _ in ask.continuations])

    def _score_options(self, key: RequestKey, pairs: Sequence[Pair]) -> Iterator[Answer]:
        reason = next(filter(None, (problem(pair, self._max_length) for pair in pairs)), "")
        if reason:
            yield key, Failure(reason)
            return
        fitted = [fit(pair, self._max_length) for pair in pairs]
        empty = Likelihoods(
            (),
            (),
            prompt_tokens=max((len(pair.context) for pair, _ in fitted), default=0),
            tokens=sum(len(pair.continuation) for pair, _ in fitted),
            truncated=max((dropped for _, dropped in fitted), default=0),
        )
        ...
