"""Log-likelihoods over the wire: by text, and by the tokens of a tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmeval.errors import UsageError
from mmeval.types import (
    Ask,
    Failure,
    Likelihoods,
    Loglikelihood,
    Message,
    Prompt,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Text,
)
from mmeval_models.openai import OpenAIModel
from mmeval_models.openai.scoring import Scorer, _span
from tests.models.conftest import request

from .server import LoopbackServer, Reply, decode, echo, encode, total

Connect = Callable[..., OpenAIModel]


class Characters:
    """A tokenizer whose tokens are the server's."""

    prefix_id = ord("^")
    prefix_text = "^"
    end_text = ""

    def encode(self, texts: Sequence[str], *, special: bool | None) -> list[list[int]]:
        return [encode(text) for text in texts]

    def decode(self, ids: Sequence[int], *, special: bool) -> str:
        return decode(ids)

    def render_chat(self, messages: Sequence[Any], *, continue_final: bool) -> str:
        return "".join(f"[{message['role']}]{message['content']}" for message in messages) + "[assistant]"

    def info(self) -> dict[str, Any]:
        return {}


def score(model: OpenAIModel, ask: Ask) -> Response:
    [(_, response)] = model.answer([request(ask)])
    return response


@pytest.fixture
def by_tokens(connect: Connect) -> Callable[..., OpenAIModel]:
    def make(**arguments: Any) -> OpenAIModel:
        model = connect(**arguments)
        model._tokenizer = Characters()  # type: ignore[assignment]
        return model

    return make


def test_by_text_each_continuation_is_scored(connect: Connect):
    response = score(connect(), Loglikelihood(Prompt.of("The cat"), (" sat", " e", "eee")))
    assert isinstance(response, Likelihoods)
    assert response.logprobs == (total("The cat", " sat"), total("The cat", " e"), total("The cat", "eee"))
    assert response.greedy == (False, False, True)
    assert (response.prompt_tokens, response.tokens) == (7, 9)


def test_by_text_the_contexts_last_space_belongs_to_the_continuation(connect: Connect):
    response = score(connect(), Loglikelihood(Prompt.of("The cat "), ("sat",)))
    assert isinstance(response, Likelihoods)
    assert response.logprobs == (total("The cat", " sat"),)


def test_all_continuations_are_one_request(connect: Connect, server: LoopbackServer):
    score(connect(), Loglikelihood(Prompt.of("a"), ("b", "c", "d")))
    assert [seen.body["prompt"] for seen in server.seen if seen.body] == [["one two three"], ["ab", "ac", "ad"]]


def test_by_tokens_the_same_scores(connect: Connect, by_tokens: Connect):
    ask = Loglikelihood(Prompt.of("The cat "), ("sat", "on", "eee"))
    assert score(by_tokens(), ask) == score(connect(), ask)


def test_by_tokens_a_long_context_loses_its_beginning(by_tokens: Connect, server: LoopbackServer):
    response = score(by_tokens(max_length=20), Loglikelihood(Prompt.of("x" * 50), ("yes",)))
    assert isinstance(response, Likelihoods)
    assert response.truncated == 50 - 16  # 16 and 3, and one is generated
    assert len(server.seen[-1].body["prompt"][0]) == 19


def test_by_tokens_an_empty_context_is_the_prefix_token(by_tokens: Connect, server: LoopbackServer):
    response = score(by_tokens(), Loglikelihood(Prompt(()), ("yes",)))
    assert isinstance(response, Likelihoods)
    assert response.logprobs == (total("^", "yes"),)


def test_by_tokens_chats_are_scored_through_the_template(by_tokens: Connect):
    chat = Prompt((Message("user", (Text("Why?"),)),), chat=True)
    response = score(by_tokens(), Loglikelihood(chat, ("So",)))
    assert isinstance(response, Likelihoods)
    assert response.logprobs == (total("[user]Why?[assistant]", "So"),)


def test_whole_texts_go_window_by_window(by_tokens: Connect):
    model = by_tokens(max_length=8)
    response = score(model, RollingLoglikelihood("abcdefghij"))
    windows = total("^", "abcdef") + total("cdef"[1:], "ghij") + 0.0
    assert isinstance(response, RollingLikelihood)
    assert response.tokens == 10
    assert response.logprob == pytest.approx(windows)
    assert score(by_tokens(), RollingLoglikelihood("abc")) == RollingLikelihood(total("^", "abc"), 3)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (RollingLoglikelihood("abc"), "whole texts"),
        (Loglikelihood(Prompt(()), ("abc",)), "without a context"),
        (Loglikelihood(Prompt((Message("user", (Text("q"),)),), chat=True), ("abc",)), "chat template"),
    ],
)
def test_what_needs_a_tokenizer_is_refused_and_the_way_is_shown(connect: Connect, ask: Ask, message: str):
    with pytest.raises(UsageError, match=message) as caught:
        score(connect(), ask)
    assert "tokenizer" in caught.value.hint


@pytest.mark.parametrize(
    "reply",
    [
        None,  # the server ignores echo and logprobs
        Reply(400, {"error": {"message": "echo is not supported"}}),
        Reply(body={"choices": [{"index": 0, "text": "x", "logprobs": {"content": []}}]}),  # another form of them
    ],
)
def test_a_server_that_cannot_score_is_refused_before_the_first_sample(
    connect: Connect, server: LoopbackServer, reply: Reply | None
):
    server.scores = False
    server.fault = lambda seen, before: reply
    with pytest.raises(UsageError, match="this server cannot score texts") as caught:
        score(connect(), Loglikelihood(Prompt.of("a"), ("b",)))
    assert "vLLM" in caught.value.hint
    assert {tuple(seen.body["prompt"]) for seen in server.seen if seen.body} == {("one two three",)}


def test_a_continuation_that_is_too_long_is_a_failure(by_tokens: Connect):
    response = score(by_tokens(max_length=10), Loglikelihood(Prompt.of("a"), ("b" * 20,)))
    assert isinstance(response, Failure)
    assert "20 tokens" in response.error


def test_a_missing_answer_is_asked_for_again(connect: Connect, server: LoopbackServer):
    """Two prompts, one of them answered twice."""

    def fault(seen: Any, before: int) -> Reply | None:
        if before or seen.body.get("prompt") != ["ab", "ac"]:
            return None
        body = echo(["ab", "ac"], scores=True)
        return Reply(body={"choices": [body["choices"][0]] * 2})

    server.fault = fault
    response = score(connect(), Loglikelihood(Prompt.of("a"), ("b", "c")))
    assert isinstance(response, Likelihoods)
    assert response.logprobs == (total("a", "b"), total("a", "c"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("ab ", max_size=4), min_size=1, max_size=8), st.integers(1, 12))
def test_a_span_holds_the_tokens_wholly_inside_the_continuation(tokens: list[str], length: int):
    text = "".join(tokens)
    rest = text[-length:]
    boundaries = [len("".join(tokens[place:])) for place in range(len(tokens))]
    if not any(0 < boundary <= len(rest) for boundary in boundaries):
        return
    start, end = _span([*tokens, "generated"], rest)
    assert end == len(tokens)
    assert 0 < len("".join(tokens[start:])) <= len(rest)
    assert start == 0 or len("".join(tokens[start - 1 :])) > len(rest)


def test_scorer_is_made_for_a_length():
    assert Scorer(None, None, 10)._read == 8  # type: ignore[arg-type]
