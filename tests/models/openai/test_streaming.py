"""Answers that come piece by piece are those that come whole, and say when the first piece was there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mmeval
from mmeval.testing import ListTask
from mmeval.types import Failure, Generate, Generation, Loglikelihood, Prompt, Response
from mmeval_models.openai import ChatCompletions, Completions, OpenAIModel
from tests.models.conftest import request

from .server import LoopbackServer, Reply, chat, event, in_pieces
from .test_faults import FAULTS, asks

Connect = Callable[..., OpenAIModel]
WHOLE = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}
BROKEN: dict[str, tuple[Reply, str]] = {
    "broken off": (Reply(events=in_pieces(chat("xyz"), {}), cut=2), "RemoteProtocolError: "),
    "no end": (Reply(events=in_pieces(chat("xyz"), {})[:3]), "the answer breaks off"),
    "cut event": (Reply(events=['data: {"choices": [{']), "an event of the answer is not JSON"),
    "a list": (Reply(events=["data: [1]"]), "an event of the answer is not a JSON object"),
    "an error": (Reply(events=[event({"error": {"message": "out of\nmemory"}})]), "an error: out of memory"),
    "nothing": (Reply(events=["data: [DONE]"]), "the answer has no choices"),
    "odd choices": (Reply(events=[event({"choices": ["x"]}), "data: [DONE]"]), "the answer has no choices"),
    "too slow": (Reply(events=in_pieces(chat("x" * 9), {}), pause=0.1), "no answer within 0.3 seconds"),
}


def ask(model: OpenAIModel, prompt: str = "Why?", **how: Any) -> Response:
    [(_, response)] = model.answer([request(Generate(Prompt.of(prompt), 16, **how))])
    return response


@pytest.mark.parametrize("kind", [ChatCompletions, Completions])
def test_an_answer_in_pieces_is_the_answer(connect: Connect, server: LoopbackServer, kind: type[OpenAIModel]):
    whole, pieces = ask(connect(kind)), ask(connect(kind, stream=True))
    assert isinstance(pieces, Generation)
    assert pieces == whole
    assert pieces.tokens
    plain, streamed = (seen.body for seen in server.seen[-3::2])
    assert streamed == {**plain, "stream": True, "stream_options": {"include_usage": True}}


def test_only_what_is_generated_is_streamed(connect: Connect, server: LoopbackServer):
    list(connect(stream=True).answer([request(Loglikelihood(Prompt.of("a"), (" b",)))]))
    assert not any("stream" in seen.body for seen in server.seen)


def test_the_time_to_the_first_token_is_that_of_the_first_text(connect: Connect, server: LoopbackServer):
    """The role comes at once, then reasoning, text and the end, each after a while; a comment says nothing."""
    events = [": wait", *in_pieces(chat("4", reasoning_content="2"), {})]
    server.fault = lambda seen, before: Reply(events=events, pause=0.1)
    response = ask(connect(endpoint="chat", stream=True))
    assert isinstance(response, Generation)
    assert response.text == "<think>\n2\n</think>\n\n4"
    timing = response.timing
    assert timing is not None
    assert timing.first_token is not None
    assert timing.total is not None
    assert 0.3 <= timing.first_token < timing.total - 0.2


def test_the_time_is_that_of_the_attempt_that_was_answered(connect: Connect, server: LoopbackServer):
    server.fault = lambda seen, before: None if before else Reply(500, "oops", wait=1)
    for stream in (False, True):
        response = ask(connect(stream=stream), prompt=f"streamed: {stream}")
        assert isinstance(response, Generation)
        assert response.timing is not None
        assert response.timing.total is not None
        assert response.timing.total < 0.9
        assert (response.timing.first_token is not None) is stream


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_is_named_and_tried_again(connect: Connect, server: LoopbackServer, name: str):
    reply, cause = BROKEN[name]
    server.fault = lambda seen, before: reply if seen.text == "q1" or (seen.text == "q2" and not before) else None
    model = connect(endpoint="chat", timeout=0.3, max_retries=2, stream=True)
    answers = {key.sample_id: response for key, response in model.answer(asks(4))}
    failed = answers.pop("1")
    assert isinstance(failed, Failure)
    assert cause in failed.error
    assert failed.error.endswith("(3 attempts)")
    assert all(isinstance(response, Generation) for response in answers.values())


@pytest.mark.parametrize("name", FAULTS)
def test_other_faults_are_named_as_without_streams(connect: Connect, server: LoopbackServer, name: str):
    reply, cause = FAULTS[name]
    server.fault = lambda seen, before: reply
    [(_, response)] = connect(endpoint="chat", timeout=0.3, max_retries=0, stream=True).answer(asks(1))
    assert isinstance(response, Failure)
    assert cause in response.error


def test_a_server_that_sends_the_whole_answer_all_the_same(connect: Connect, server: LoopbackServer):
    server.fault = lambda seen, before: Reply(body=chat("whole"))
    response = ask(connect(endpoint="chat", stream=True))
    assert response == Generation("whole", "stop", 7, 5)


def test_a_server_that_says_no_more_than_why_it_ends(connect: Connect, server: LoopbackServer):
    """No usage, no end mark, a second choice."""
    other = {"choices": [{"index": 1, "delta": {"content": "y"}, "finish_reason": "length"}]}
    server.fault = lambda seen, before: Reply(events=[event(WHOLE), event(other)])
    assert ask(connect(endpoint="chat", stream=True)) == Generation("x", "stop")


def test_a_refusal_comes_in_pieces_too(connect: Connect, server: LoopbackServer):
    server.fault = lambda seen, before: Reply(events=in_pieces(chat(None, refusal="I cannot."), {}))
    assert ask(connect(endpoint="chat", stream=True)) == Generation("I cannot.", "refusal")


def test_ends_of_lines_in_a_text_do_not_end_an_event(connect: Connect, server: LoopbackServer):
    text = "a\u2028b\u2029c\x85d\x0ce\nf"
    server.fault = lambda seen, before: Reply(events=in_pieces(chat(text), {}))
    response = ask(connect(endpoint="chat", stream=True))
    assert isinstance(response, Generation)
    assert response.text == text


def test_null_drops_a_field_that_a_server_refuses(connect: Connect, server: LoopbackServer):
    response = ask(connect(stream=True, extra_body={"stream_options": None}))
    assert "stream_options" not in server.seen[-1].body
    assert isinstance(response, Generation)
    assert response.tokens is None


def test_a_run_has_latencies_and_first_tokens(server: LoopbackServer, tmp_path: Path):
    model = OpenAIModel("parrot", base_url=server.url, stream=True)
    task = ListTask([(f"q{row}", "a") for row in range(6)], "ask")
    found = mmeval.evaluate(tasks=task, model=model, output_path=str(tmp_path)).data["efficiency"]
    (answers,) = found["answers"]
    assert 0 < answers["first_token_seconds"]["p50"] <= answers["latency_seconds"]["p50"]
    assert answers["tokens_out"] == 36
    assert 1 <= found["batch_rows"] <= 6
