"""Log-likelihoods from vLLM such that its prefix cache is used.

vLLM does not read its cache for a request that asks for `prompt_logprobs`: every option would read the whole context
again. So the options of a question are walked as a tree: each prefix that is continued is a request for one token,
with the log-probabilities of the tokens that follow it in some option. All of them share the context, which is in the
cache. Where that would compute more than reading each option whole (long continuations, whole texts),
`prompt_logprobs` are asked for after all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from mmeval.local import Score
from mmeval.local.tokens import Pair, TokenIds
from mmeval.types import EMPTY, Failure, RequestKey, Response
from mmeval_models.vllm.feeding import Answer, Work

MOST_TOKENS = 128
"""Of vLLM's `logprob_token_ids`."""
_ONE_TOKEN: Mapping[str, Any] = {"max_tokens": 1, "temperature": 0.0, "detokenize": False}


def works(
    key: RequestKey,
    pairs: Sequence[Pair],
    respond: Callable[[Sequence[Score]], Response],
    block: int,
    *,
    exact: bool = False,
    prompt_logprobs: bool = True,
    shown: Mapping[str, Any] = EMPTY,
) -> Iterator[Work]:
    """What the engine must compute to score `pairs` (at least one); `respond` makes the response to `key`.

    `block` is the number of tokens in a block of vLLM's cache, which keeps whole blocks only. `exact` reads each whole;
    without `prompt_logprobs` the engine cannot, and all are walked as trees. `shown` are the images in the contexts, as
    in `Work`.
    """
    cached = min(len(pair.context) for pair in pairs) // block * block
    as_tree = cached + sum(len(prefix) - cached for prefix in _next_tokens(pairs))
    read_whole = sum(len(pair.context) + len(pair.continuation) for pair in pairs)
    walked = not prompt_logprobs or (as_tree <= read_whole and not exact)
    return (OptionTree if walked else WholeTexts)(key, pairs, respond, shown).works()


def _next_tokens(pairs: Sequence[Pair]) -> dict[TokenIds, dict[int, None]]:
    """Each prefix that is continued, with the tokens that follow it."""
    tree: dict[TokenIds, dict[int, None]] = {}
    for context, continuation in pairs:
        for place, token in enumerate(continuation):
            tree.setdefault(context + continuation[:place], {})[token] = None
    return tree


class _Scored:
    """Waits for all work of one request; a refusal of any fails it, once."""

    def __init__(
        self,
        key: RequestKey,
        pairs: Sequence[Pair],
        respond: Callable[[Sequence[Score]], Response],
        shown: Mapping[str, Any] = EMPTY,
    ) -> None:
        self._key, self._pairs, self._respond, self._shown = key, pairs, respond, shown
        self._outstanding, self._failed = 0, False

    def _work(self, ids: TokenIds, take: Callable[[Any], None], **parameters: Any) -> Work:
        self._outstanding += 1
        return Work(ids, {**_ONE_TOKEN, **parameters}, partial(self._finish, take), self._refuse, self._shown)

    def _finish(self, take: Callable[[Any], None], output: Any) -> Iterator[Answer]:
        take(output)
        self._outstanding -= 1
        if not self._outstanding and not self._failed:
            yield self._key, self._respond([self._score(pair) for pair in self._pairs])

    def _refuse(self, reason: str) -> Iterator[Answer]:
        if not self._failed:
            self._failed = True
            yield self._key, Failure(reason)

    def _score(self, pair: Pair) -> Score:
        raise NotImplementedError


class OptionTree(_Scored):
    """One request of one token for each prefix that is continued."""

    def works(self) -> Iterator[Work]:
        self._logprobs: dict[TokenIds, dict[int, float]] = {}
        self._best: dict[TokenIds, int] = {}
        made = []
        for prefix, following in _next_tokens(self._pairs).items():
            tokens = list(following)
            for start in range(0, len(tokens), MOST_TOKENS):
                part = tokens[start : start + MOST_TOKENS]
                made.append(self._work(prefix, partial(self._take, prefix), logprob_token_ids=part))
        return iter(made)

    def _take(self, prefix: TokenIds, output: Any) -> None:
        [completion] = output.outputs
        [logprobs] = completion.logprobs
        self._logprobs.setdefault(prefix, {}).update({token: found.logprob for token, found in logprobs.items()})
        [self._best[prefix]] = completion.token_ids

    def _score(self, pair: Pair) -> Score:
        prefixes = [pair.context + pair.continuation[:place] for place in range(len(pair.continuation))]
        steps = list(zip(prefixes, pair.continuation, strict=True))
        logprob = math.fsum(self._logprobs[prefix][token] for prefix, token in steps)
        return Score(logprob, all(self._best[prefix] == token for prefix, token in steps))


class WholeTexts(_Scored):
    """One request for each pair, read from its beginning."""

    def works(self) -> Iterator[Work]:
        self._scores: dict[Pair, Score] = {}
        made = [
            self._work(pair.context + pair.continuation, partial(self._take, pair), prompt_logprobs=0)
            for pair in dict.fromkeys(self._pairs)
        ]
        return iter(made)

    def _take(self, pair: Pair, output: Any) -> None:
        positions = output.prompt_logprobs[len(pair.context) :]
        found = [position[token] for position, token in zip(positions, pair.continuation, strict=True)]
        logprob = math.fsum(one.logprob for one in found)
        self._scores[pair] = Score(logprob, all(one.rank == 1 for one in found))

    def _score(self, pair: Pair) -> Score:
        return self._scores[pair]
