"""`TokenModel`, the base of models that run in this process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import ClassVar, NamedTuple

from mmeval.local.batches import Budget, in_batches, row_limit
from mmeval.local.decoding import Decoder, Written, write_rows
from mmeval.local.planning import Answer, Plan
from mmeval.local.rows import Generated, GenerationRow, Row, Score, Scoring
from mmeval.local.sharing import Sharing, score_rows
from mmeval.local.stops import cut_at_stops
from mmeval.local.timing import timed
from mmeval.local.tokens import Tokenizer
from mmeval.model import Batching, Model
from mmeval.types import Failure, Generate, Generation, Loglikelihood, Request, RollingLoglikelihood

TOKENIZED_AT_ONCE = 1024
"""Requests per bulk call of the tokenizer."""


class _Window(NamedTuple):
    """Requests that are planned together, and what was known at once."""

    plan: Plan
    known: list[Answer]


class TokenModel(Model):
    """Answers text requests from two batch methods on token ids: `score_batch` and `generate_batch`.

    It renders and tokenizes prompts in bulk by lm-eval's rules, ahead of what is computed, lets requests that read the
    same tokens share a row, cuts what exceeds the context from the left (counted in `truncated`), and makes batches of
    at most `token_budget` padded tokens and `batch_size` rows, longest first. A batch method that raises `OutOfMemory`
    is called again with less; what fits no memory by itself is a `Failure`. Where the model has a `sharing`, prefixes
    that rows have in common are computed once.
    """

    kinds = frozenset({Generate, Loglikelihood, RollingLoglikelihood})
    options: ClassVar[frozenset[str]] = frozenset()
    """Names of the generation options (`Generate.options`) that `generate_batch` takes."""
    window_tokens: ClassVar[int] = 2**21
    """Tokens of rows that are planned together: what they share is found, and memory is bounded by them."""

    def __init__(
        self, tokenizer: Tokenizer, *, max_length: int, token_budget: int, batch_size: int | str | None = None
    ) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self._budget = Budget(token_budget, row_limit(batch_size))

    @abstractmethod
    def score_batch(self, rows: Sequence[Row]) -> Sequence[Sequence[Score]]:
        """The scores of each row's targets. Raises `OutOfMemory` where the batch is too large."""

    @abstractmethod
    def generate_batch(self, rows: Sequence[GenerationRow]) -> Sequence[Generated]:
        """New tokens for each row, up to its own `ask.max_tokens`, an end token or one of its `stops`.

        Sampled rows draw from a generator seeded by `request.seed`. Raises `OutOfMemory` where the batch is too large.
        """

    @property
    def sharing(self) -> Sharing | None:
        """How this model computes shared prefixes once; None where every row is read whole."""
        return None

    def decoder(self) -> Decoder:
        """What generates for a model that has a `sharing`."""
        raise NotImplementedError

    def batching(self) -> Batching:
        return Batching(self._budget.largest or None, self._budget.tokens)

    def answer(self, requests: Iterable[Request]) -> Iterator[Answer]:
        windows = self._windows(requests)
        with ThreadPoolExecutor(1, "tokenizer") as ahead:  # tokenizers work outside of Python's lock
            coming = ahead.submit(next, windows, None)
            while (window := coming.result()) is not None:
                coming = ahead.submit(next, windows, None)
                yield from window.known
                yield from timed(self._score(window.plan.scoring), self._budget)
                yield from self._generate(window.plan.generations)

    def _windows(self, requests: Iterable[Request]) -> Iterator[_Window]:
        """The requests, a part at a time; the first is small, so that the model has something to do."""
        remaining = iter(requests)
        limit = 1
        while chunk := list(islice(remaining, TOKENIZED_AT_ONCE)):
            plan = Plan(self.tokenizer, self.max_length, self.options)
            known = list(plan.add(chunk))
            while plan.tokens < limit and (chunk := list(islice(remaining, TOKENIZED_AT_ONCE))):
                known += plan.add(chunk)
            yield _Window(plan, known)
            limit = self.window_tokens

    def _score(self, scoring: Scoring) -> Iterator[Answer]:
        rows = scoring.rows()
        sharing = self.sharing if rows else None
        self._budget.cache = None if sharing is None else sharing.cache_tokens
        for row, scores in score_rows(rows, self.score_batch, sharing, self._budget):
            if scores is None:
                yield from scoring.fail(row, _too_large(len(row.ids)))
            else:
                yield from scoring.finish(row, scores)

    def _generate(self, rows: list[GenerationRow]) -> Iterator[Answer]:
        for row, generated in self._written(rows):
            if generated is None:
                yield row.request.key, _too_large(row.length)
            else:
                yield row.request.key, self._generation(row, generated)

    def _written(self, rows: list[GenerationRow]) -> Iterator[Written]:
        sharing = self.sharing if rows else None
        if sharing is not None:
            fitting = [row for row in rows if row.length <= sharing.reach]
            rows = [row for row in rows if row.length > sharing.reach]
            for row, generated in write_rows(fitting, self.decoder(), sharing, self._budget, self._decode):
                if generated is None:
                    rows.append(row)  # without a cache to share it may fit
                else:
                    yield row, generated
        yield from in_batches(rows, lambda row: row.length, self.generate_batch, self._budget)

    def _decode(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids, special=True)

    def _generation(self, row: GenerationRow, generated: Generated) -> Generation:
        text = cut_at_stops(self.tokenizer.decode(generated.ids, special=False), row.stops)
        counts = len(row.ids), len(generated.ids), row.truncated
        return Generation(text, generated.finish, *counts, generated.timing)


def _too_large(tokens: int) -> Failure:
    return Failure(f"a row of {tokens} tokens does not fit into memory")
