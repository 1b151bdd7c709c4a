"""What is sent to the server, and what becomes of its answers."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from mmeval.data.images import as_image, decode
from mmeval.errors import MissingRequirementError, MmevalError, UsageError
from mmeval.registry import MODELS
from mmeval.types import Failure, Generate, Generation, Image, Message, Prompt, Response, Text
from mmeval_models.openai import ChatCompletions, Completions, OpenAIModel
from tests.models.conftest import request

from .server import LoopbackServer, Reply, chat, reply_to, serving

Connect = Callable[..., OpenAIModel]
CHAT = Prompt((Message("system", (Text("Be brief."),)), Message("user", (Text("Why?"),))), chat=True)


def ask(model: OpenAIModel, ask: Generate, seed: int | None = None) -> Response:
    [(_, response)] = model.answer([request(ask, seed=seed)])
    return response


def test_plain_prompts_are_completed_and_chats_are_chatted(connect: Connect, server: LoopbackServer):
    model = connect()
    asks = Generate(Prompt.of("Why?"), 5, ("\n", ""), options={"top_p": 0.5}), Generate(CHAT, 7, temperature=0.8)
    texts = [ask(model, one, seed) for one, seed in zip(asks, (None, 3), strict=True)]
    plain, turns = server.seen[-2:]
    assert plain.path == "/v1/completions"
    assert plain.body == {
        "model": "parrot",
        "prompt": "Why?",
        "max_tokens": 5,
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["\n"],
    }
    assert turns.path == "/v1/chat/completions"
    assert turns.body == {
        "model": "parrot",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
        "max_tokens": 7,
        "temperature": 0.8,
        "seed": 3,
    }
    assert texts == [
        Generation(reply_to("Why?", plain.body), "stop", 4, 5),
        Generation(reply_to("Why?", turns.body), "stop", 7, 6),
    ]


@pytest.mark.parametrize(
    ("kind", "prompt", "path", "sent"),
    [
        (ChatCompletions, Prompt.of("Why?"), "/v1/chat/completions", [{"role": "user", "content": "Why?"}]),
        (Completions, Prompt.of("Why?"), "/v1/completions", "Why?"),
    ],
)
def test_lm_evals_models_have_one_endpoint(
    connect: Connect, server: LoopbackServer, kind: type[OpenAIModel], prompt: Prompt, path: str, sent: Any
):
    model = connect(kind, base_url=f"{server.url}/{'chat/' if kind is ChatCompletions else ''}completions")
    ask(model, Generate(prompt))
    assert server.seen[-1].path == path
    assert sent in (server.seen[-1].body.get("messages"), server.seen[-1].body.get("prompt"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("openai", OpenAIModel),
        ("local-completions", Completions),
        ("openai-completions", Completions),
        ("local-chat-completions", ChatCompletions),
        ("openai-chat-completions", ChatCompletions),
    ],
)
def test_lm_evals_names_are_known(name: str, kind: type[OpenAIModel]):
    assert MODELS.get(name) is kind


def encoded(pixels: PIL.Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, kind)
    return buffer.getvalue()


RED = PIL.Image.new("RGB", (5, 4), (200, 10, 10))


def test_an_image_is_a_data_url_between_the_texts(connect: Connect, server: LoopbackServer, tmp_path: Path):
    picture = tmp_path / "one.png"
    picture.write_bytes(encoded(RED, "PNG"))
    ask(connect(), Generate(Prompt.of("Look: ", Image(str(picture)), " What?")))
    [message] = server.seen[-1].body["messages"]
    url = f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    assert message["content"] == [
        {"type": "text", "text": "Look: "},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": " What?"},
    ]


@pytest.mark.parametrize(
    ("content", "kind", "kept"),
    [
        (encoded(RED, "PNG"), "png", True),
        (encoded(RED, "JPEG"), "jpeg", True),
        (encoded(RED, "BMP"), "png", False),  # no server must read it
        (encoded(PIL.Image.new("RGBA", (5, 4), (200, 10, 10, 9)), "PNG"), "png", False),  # grounds differ
        (encoded(PIL.Image.new("I;16", (5, 4), 40000), "PNG"), "png", False),  # clipped to white by a mode change
    ],
    ids=["png", "jpeg", "bmp", "alpha", "16 bit"],
)
def test_an_image_in_memory_is_sent_as_every_server_reads_it(
    connect: Connect, server: LoopbackServer, content: bytes, kind: str, kept: bool
):
    image = as_image(content)
    ask(connect(), Generate(Prompt.of(image, "What?")))
    url = server.seen[-1].body["messages"][0]["content"][0]["image_url"]["url"]
    head, _, text = url.partition(",")
    sent = base64.b64decode(text)
    assert head == f"data:image/{kind};base64"
    assert (sent == content) is kept
    pixels = PIL.Image.open(io.BytesIO(sent))
    assert pixels.convert("RGB").tobytes() == decode(image).pixels.tobytes()


def test_a_missing_image_is_skipped_and_no_request_is_sent(connect: Connect, server: LoopbackServer, tmp_path: Path):
    response = ask(connect(), Generate(Prompt.of(Image(str(tmp_path / "gone.png")))))
    assert isinstance(response, Failure)
    assert response.skip
    assert response.error == f"there is no image {tmp_path / 'gone.png'}"
    assert not [seen for seen in server.seen if seen.body]


def test_a_prefill_is_continued(connect: Connect, server: LoopbackServer):
    ask(connect(), Generate(Prompt((*CHAT.messages, Message("assistant", (Text("Because"),))), chat=True)))
    assert server.seen[-1].body["continue_final_message"] is True
    assert server.seen[-1].body["add_generation_prompt"] is False


def test_extra_fields_are_sent_and_null_drops_one(connect: Connect, server: LoopbackServer):
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "temperature": None}
    ask(connect(extra_body=extra), Generate(CHAT))
    assert server.seen[-1].body["chat_template_kwargs"] == {"enable_thinking": False}
    assert "temperature" not in server.seen[-1].body


def test_stops_beyond_the_apis_four_cut_here(connect: Connect, server: LoopbackServer):
    server.fault = lambda seen, before: Reply(body=chat("one two three"))
    response = ask(connect(), Generate(CHAT, stop=("a!", "b!", "c!", "d!", " three")))
    assert response == Generation("one two", "stop", 7, 13)
    assert server.seen[-1].body["stop"] == ["a!", "b!", "c!", "d!"]


def answered(content: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    body = chat(content, **message)
    body["choices"][0]["finish_reason"] = finish
    return body


@pytest.mark.parametrize(
    ("body", "text", "finish"),
    [
        (answered("4"), "4", "stop"),
        (answered("4", reasoning_content="2 + 2"), "<think>\n2 + 2\n</think>\n\n4", "stop"),
        (answered("4", reasoning="2 + 2"), "<think>\n2 + 2\n</think>\n\n4", "stop"),
        (answered(None, "length", reasoning="2 + 2 is"), "<think>\n2 + 2 is", "length"),
        (answered(None, "length"), "", "length"),
        (answered(None, refusal="I cannot."), "I cannot.", "refusal"),
        (answered("", "content_filter"), "", "refusal"),
        (answered("4", "eos_token"), "4", "stop"),
        (answered([{"type": "text", "text": "4"}, {"type": "text", "text": "2"}]), "42", "stop"),  # type: ignore[arg-type]
        ({**answered("4"), "usage": None}, "4", "stop"),
    ],
)
def test_messages_as_generations(connect: Connect, server: LoopbackServer, body: Any, text: str, finish: str):
    server.fault = lambda seen, before: Reply(body=body)
    response = ask(connect(), Generate(CHAT))
    assert isinstance(response, Generation)
    assert (response.text, response.finish) == (text, finish)


@pytest.mark.parametrize(("kind", "options"), [(ChatCompletions, {}), (OpenAIModel, {"reasoning": "drop"})])
def test_reasoning_can_be_left_out(connect: Connect, server: LoopbackServer, kind: type[OpenAIModel], options: Any):
    server.fault = lambda seen, before: Reply(body=answered("4", reasoning="2 + 2"))
    response = ask(connect(kind, **options), Generate(CHAT))
    assert isinstance(response, Generation)
    assert response.text == "4"


def test_the_only_model_of_a_server_needs_no_name(server: LoopbackServer):
    model = OpenAIModel(base_url=server.url.removesuffix("/v1"))
    assert model.info() == {
        "model": "parrot",
        "base_url": server.url,
        "endpoint": "auto",
        "max_length": 4096,
        "reasoning": "keep",
    }
    model.close()


@pytest.mark.parametrize(
    "reply", [Reply(404, {}), Reply(403, {}), Reply(500, "oops"), Reply(body="{"), Reply(body={"data": None})]
)
def test_a_server_need_not_list_its_models(connect: Connect, server: LoopbackServer, reply: Reply):
    server.lists = reply
    model = connect()
    assert model.info()["max_length"] == 2048
    assert isinstance(ask(model, Generate(CHAT)), Generation)


def test_a_server_without_a_list_needs_a_name(server: LoopbackServer):
    server.lists = Reply(404, {})
    model = OpenAIModel(base_url=server.url)
    with pytest.raises(UsageError, match="the argument model is needed"):
        model.info()
    model.close()


def test_a_refused_key_is_said_before_the_first_request(connect: Connect, server: LoopbackServer):
    server.lists = Reply(401, {"error": {"message": "bad key"}})
    with pytest.raises(UsageError, match="HTTP 401: bad key"):
        connect().info()


def test_answers_come_as_they_finish(connect: Connect, server: LoopbackServer):
    server.fault = lambda seen, before: Reply(body=server.answer(seen), wait=0.5 if seen.text == "0" else 0)
    requests = [request(Generate(Prompt.of(str(row))), row) for row in range(8)]
    answers = [key.sample_id for key, _ in connect().answer(requests)]
    assert answers[-1] == "0"
    assert sorted(answers) == [str(row) for row in range(8)]


def test_asks_while_the_next_request_is_still_being_made(connect: Connect):
    answered: list[str] = []

    def requests() -> Any:
        for row in range(50):
            yield request(Generate(Prompt.of(str(row))), row)
            taken.append(len(answered))

    taken: list[int] = []
    for key, _ in connect(num_concurrent=4).answer(requests()):
        answered.append(key.sample_id)
    assert len(answered) == 50
    assert all(row + 1 - done <= 4 for row, done in enumerate(taken))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"base_url": "localhost:8000"}, "is not a URL of a server"),
        ({"base_url": "http://"}, "is not a URL of a server"),
        ({"num_concurrent": 0}, "num_concurrent"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str):
    with pytest.raises(UsageError, match=message):
        OpenAIModel("m", **{"base_url": "http://localhost:1/v1", **arguments})


def test_no_server_is_said_at_once(unused: str):
    model = OpenAIModel(base_url=unused)
    with pytest.raises(MissingRequirementError, match="no server answers at") as caught:
        model.info()
    model.close()
    assert "base_url" in caught.value.hint


@pytest.fixture
def unused() -> str:
    """The address of a server that is gone."""
    with serving(LoopbackServer()) as server:
        return server.url


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "key"), (403, "key"), (404, "endpoint"), (405, "endpoint"), (301, "base_url")]
)
def test_a_wrong_set_up_ends_the_run_at_the_first_answer(
    connect: Connect, server: LoopbackServer, status: int, hint: str
):
    server.fault = lambda seen, before: Reply(status, {"error": {"message": "no such model"}})
    with pytest.raises(UsageError, match=f"HTTP {status}: no such model") as caught:
        ask(connect(), Generate(CHAT))
    assert hint in caught.value.hint


def test_used_up_quota_ends_the_run(connect: Connect, server: LoopbackServer):
    body = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    server.fault = lambda seen, before: Reply(429, body)
    with pytest.raises(MmevalError, match="exceeded your quota"):
        ask(connect(), Generate(CHAT))
    assert len([seen for seen in server.seen if seen.body]) == 1
