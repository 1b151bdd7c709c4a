"""What vLLM is asked to score options, and how its answers become scores. vLLM itself is not needed here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.local import Score
from mmeval.local.tokens import Pair
from mmeval.types import Failure, Likelihoods, RequestKey
from mmeval_models.vllm.feeding import Work
from mmeval_models.vllm.scoring import MOST_TOKENS, OptionTree, WholeTexts, works

KEY = RequestKey("task", "s")
VOCABULARY = range(300)


def logprob(prefix: Sequence[int], token: int) -> float:
    return -(1 + (7 * sum(prefix) + 13 * token) % 29) / 8


def best(prefix: Sequence[int]) -> int:
    return max(VOCABULARY, key=lambda token: (logprob(prefix, token), -token))


def output(work: Work) -> Any:
    """vLLM's RequestOutput, as far as it is read."""
    ids = work.ids
    if "prompt_logprobs" in work.parameters:
        rows: list[Any] = [None]
        for place in range(1, len(ids)):
            prefix, token = ids[:place], ids[place]
            rank = 1 if best(prefix) == token else 2
            rows.append({token: SimpleNamespace(logprob=logprob(prefix, token), rank=rank)})
        return SimpleNamespace(prompt_logprobs=rows)
    asked = {*work.parameters["logprob_token_ids"], best(ids)}
    logprobs = {token: SimpleNamespace(logprob=logprob(ids, token)) for token in asked}
    return SimpleNamespace(outputs=[SimpleNamespace(logprobs=[logprobs], token_ids=[best(ids)])])


def respond(scores: Sequence[Score]) -> Likelihoods:
    logprobs, greedy = zip(*scores, strict=True)
    return Likelihoods(logprobs, greedy)


def expected(pairs: Sequence[Pair]) -> Likelihoods:
    scores = []
    for context, continuation in pairs:
        steps = [(context + continuation[:place], token) for place, token in enumerate(continuation)]
        logprobs = [logprob(prefix, token) for prefix, token in steps]
        scores.append(Score(math.fsum(logprobs), all(best(prefix) == token for prefix, token in steps)))
    return respond(scores)


tokens = st.integers(0, 5)
contexts = st.lists(tokens, min_size=1, max_size=6).map(tuple)
continuations = st.lists(st.lists(tokens, min_size=1, max_size=4).map(tuple), min_size=1, max_size=5)


@pytest.mark.parametrize("kind", [OptionTree, WholeTexts])
@given(context=contexts, options=continuations)
def test_both_ways_give_the_scores_of_each_token(kind: Any, context: tuple[int, ...], options: list[tuple[int, ...]]):
    pairs = [Pair(context, option) for option in options]
    made = list(kind(KEY, pairs, respond).works())
    answers = [answer for work in reversed(made) for answer in work.finish(output(work))]
    assert answers == [(KEY, expected(pairs))]


@given(context=contexts, options=continuations)
def test_every_prefix_is_asked_once(context: tuple[int, ...], options: list[tuple[int, ...]]):
    made = list(OptionTree(KEY, [Pair(context, option) for option in options], respond).works())
    prefixes = [work.ids for work in made]
    assert len(prefixes) == len(set(prefixes))
    assert all(work.parameters["max_tokens"] == 1 for work in made)


def test_options_of_one_token_are_one_request():
    made = list(works(KEY, [Pair((1, 2, 3), (token,)) for token in (4, 5, 6)], respond, block=16))
    assert [(work.ids, work.parameters["logprob_token_ids"]) for work in made] == [((1, 2, 3), [4, 5, 6])]


def test_more_options_than_vllm_takes_at_once_are_asked_in_parts():
    pairs = [Pair((1,), (token,)) for token in VOCABULARY]
    made = list(works(KEY, pairs, respond, block=16))
    assert [len(work.parameters["logprob_token_ids"]) for work in made] == [MOST_TOKENS, MOST_TOKENS, 300 - 256]
    assert [answer for work in made for answer in work.finish(output(work))] == [(KEY, expected(pairs))]


@pytest.mark.parametrize(
    ("context", "length", "block", "as_tree"),
    [
        (500, 3, 16, True),  # a question of four short options: the context is read once
        (20, 30, 16, False),  # long options after a few words: each is read whole
        (100, 3, 128, False),  # a context that no whole block of the cache holds
        (300, 3, 128, True),
    ],
)
def test_the_way_that_computes_less_is_taken(context: int, length: int, block: int, as_tree: bool):
    pairs = [Pair(tuple(range(context)), tuple(range(row, row + length))) for row in range(0, 40, 10)]
    made = list(works(KEY, pairs, respond, block))
    assert ("logprob_token_ids" in made[0].parameters) is as_tree
    assert len(made) == (1 + 4 * (length - 1) if as_tree else 4)


def test_exact_reads_every_option_whole():
    pairs = [Pair(tuple(range(500)), (token,)) for token in (4, 5)]
    made = list(works(KEY, pairs, respond, block=16, exact=True))
    assert [work.ids for work in made] == [(*range(500), 4), (*range(500), 5)]


def test_one_refusal_fails_the_request_once():
    pairs = [Pair((1,), (2, 3)), Pair((1,), (4, 5))]
    first, second, third = OptionTree(KEY, pairs, respond).works()
    assert list(first.finish(output(first))) == []
    assert list(second.refuse("too long")) == [(KEY, Failure("too long"))]
    assert list(third.refuse("too long")) == []
