"""Log-likelihoods from a server that gives those of a prompt's tokens (`echo` with `logprobs`).

With a tokenizer prompts are sent as token ids and split by lm-eval's rules, as a model in this process does. Without
one they are sent as text, and the tokens of a continuation are those that lie wholly inside it.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mmeval.errors import UsageError
from mmeval.local import Tokenizer
from mmeval.local.tokens import Pair, encode, encode_pairs, fit, problem, rolling_windows
from mmeval.types import Likelihoods, RollingLikelihood, RollingLoglikelihood, Timing
from mmeval_models.openai.answers import Echo, Reply, echoes
from mmeval_models.openai.failures import TryAgain, Unanswered

Ask: TypeAlias = Callable[[Mapping[str, Any], Callable[[Reply], Any]], Awaitable[Any]]
"""Sends the fields to `/completions` and reads the answer by the function."""
_FIELDS = {"max_tokens": 1, "temperature": 0.0, "logprobs": 1, "echo": True}
_GENERATED = 1
_NEEDS_TOKENIZER = "give the model the argument tokenizer (a folder or hub id)"


class _Sum(NamedTuple):
    logprob: float
    greedy: bool


class _Sums(NamedTuple):
    """Of the pairs of one request, and the seconds that it took."""

    sums: list[_Sum]
    seconds: float


class Scorer:
    """Scores through `ask`. `max_length` is what the server reads, one generated token included."""

    def __init__(self, ask: Ask, tokenizer: Tokenizer | None, max_length: int) -> None:
        self._ask, self._tokenizer = ask, tokenizer
        self._read = max_length - _GENERATED - 1  # `fit` and windows count the last token as not read

    async def check(self) -> None:
        """Raise UsageError where the server does not give the log-probabilities of a prompt."""
        try:
            await self._ask({**_FIELDS, "prompt": ["one two three"]}, lambda reply: echoes(reply, 1))
        except Unanswered as error:
            raise UsageError(
                f"this server cannot score texts: {error}",
                hint="it takes /completions with echo and logprobs, as vLLM has; or a task that generates",
            ) from None

    async def likelihoods(self, context: str, continuations: Sequence[str]) -> Likelihoods:
        """Log-likelihoods of `continuations` after `context`, in one request."""
        if not continuations:
            return Likelihoods((), ())
        if self._tokenizer is None:
            return await self._by_text(context, continuations)
        pairs = encode_pairs(self._tokenizer, [(context, continuation) for continuation in continuations])
        reason = next(filter(None, (problem(pair, self._read) for pair in pairs)), "")
        if reason:
            raise Unanswered(reason)
        fitted, dropped = zip(*(fit(pair, self._read) for pair in pairs), strict=True)
        sums, seconds = await self._sums(fitted)
        logprobs, greedy = zip(*sums, strict=True)
        read = max(len(pair.context) for pair in fitted)
        lengths = tuple(len(pair.continuation) for pair in fitted)
        return Likelihoods(logprobs, greedy, read, sum(lengths), max(dropped), lengths, Timing(seconds))

    async def rolling(self, ask: RollingLoglikelihood) -> RollingLikelihood:
        """The log-likelihood of a whole text, window by window."""
        if self._tokenizer is None:
            raise UsageError("scoring whole texts needs to know their tokens", hint=_NEEDS_TOKENIZER)
        ids = encode(self._tokenizer, [ask.text])[ask.text]
        windows = rolling_windows(ids, self._tokenizer.prefix_id, self._read, ask.stride)
        found = [await self._sums([window]) for window in windows]
        logprob = math.fsum(one.logprob for sums, _ in found for one in sums)
        return RollingLikelihood(logprob, len(ids), Timing(sum(seconds for _, seconds in found)))

    async def _sums(self, pairs: Sequence[Pair]) -> _Sums:
        prompts = [[*pair.context, *pair.continuation] for pair in pairs]

        def read(reply: Reply) -> _Sums:
            found = zip(echoes(reply, len(prompts)), pairs, prompts, strict=True)
            return _Sums(
                [_sum(echo, len(pair.context), len(ids)) for echo, pair, ids in found], reply.timing.total or 0.0
            )

        sums: _Sums = await self._ask({**_FIELDS, "prompt": prompts}, read)
        return sums

    async def _by_text(self, context: str, continuations: Sequence[str]) -> Likelihoods:
        kept = context.rstrip()
        if not kept:
            raise UsageError("scoring without a context needs to know its tokens", hint=_NEEDS_TOKENIZER)
        rests = [context[len(kept) :] + continuation for continuation in continuations]

        def read(reply: Reply) -> Likelihoods:
            found = echoes(reply, len(rests))
            spans = [_span(echo.tokens, rest) for echo, rest in zip(found, rests, strict=True)]
            logprobs, greedy = zip(*(_sum(echo, *span) for echo, span in zip(found, spans, strict=True)), strict=True)
            context_tokens = max(start for start, _ in spans)
            lengths = tuple(end - start for start, end in spans)
            return Likelihoods(logprobs, greedy, context_tokens, sum(lengths), lengths=lengths, timing=reply.timing)

        likelihoods: Likelihoods = await self._ask({**_FIELDS, "prompt": [kept + rest for rest in rests]}, read)
        return likelihoods


def _sum(echo: Echo, start: int, end: int) -> _Sum:
    """Of the tokens from `start` to `end` (not included)."""
    logprobs, best = echo.logprobs[start:end], echo.best[start:end]
    known = [logprob for logprob in logprobs if logprob is not None]
    if len(known) != end - start:
        raise TryAgain(f"{len(known)} log-probabilities for {end - start} tokens")
    greedy = all(top is not None and logprob >= top for logprob, top in zip(known, best, strict=True))
    return _Sum(math.fsum(known), greedy)


def _span(tokens: Sequence[str], rest: str) -> tuple[int, int]:
    """Where the tokens that lie wholly inside `rest`, the end of the prompt, begin and end."""
    end = len(tokens) - _GENERATED
    start, covered = end, 0
    while start > 0 and covered + len(tokens[start - 1]) <= len(rest):
        start -= 1
        covered += len(tokens[start])
    written = "".join(tokens[start:end])
    if not written or not rest.endswith(written):
        raise Unanswered(f"the server's tokens cannot be matched with the continuation; {_NEEDS_TOKENIZER}")
    return start, end
