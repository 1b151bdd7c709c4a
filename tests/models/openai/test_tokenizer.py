"""With a tokenizer, prompts of `/completions` are token ids, made and cut as `hf` makes and cuts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mmeval.errors import UsageError
from mmeval.types import Failure, Generate, Generation, Message, Prompt, Text
from mmeval_models.openai import Completions, OpenAIModel
from tests.models.conftest import request

from .server import LoopbackServer

pytest.importorskip("transformers")

from mmeval_models.hf.checkpoint import Checkpoint
from mmeval_models.hf.tokenizer import HFTokenizer

Connect = Callable[..., OpenAIModel]


@pytest.fixture(scope="module")
def folder(checkpoint: Callable[..., str]) -> str:
    return checkpoint("llama", chat=True)


def ids_of(folder: str, text: str) -> list[int]:
    [ids] = HFTokenizer(Checkpoint(folder).tokenizer()).encode([text], special=None)
    return list(ids)


def sent(server: LoopbackServer, model: OpenAIModel, ask: Generate) -> tuple[Any, Any]:
    [(_, response)] = model.answer([request(ask)])
    return server.seen[-1].body.get("prompt"), response


def test_prompts_are_ids(connect: Connect, server: LoopbackServer, folder: str):
    prompt, response = sent(server, connect(tokenizer=folder), Generate(Prompt.of("the quick brown fox"), 4))
    assert prompt == ids_of(folder, "the quick brown fox")
    assert isinstance(response, Generation)
    assert response.truncated == 0


def test_a_long_prompt_loses_its_beginning(connect: Connect, server: LoopbackServer, folder: str):
    model = connect(tokenizer=folder, max_length=10)
    prompt, response = sent(server, model, Generate(Prompt.of("the quick brown fox jumps over the lazy dog"), 4))
    whole = ids_of(folder, "the quick brown fox jumps over the lazy dog")
    assert prompt == whole[-6:]
    assert response.truncated == len(whole) - 6


def test_a_budget_as_long_as_the_context_fails(connect: Connect, server: LoopbackServer, folder: str):
    _, response = sent(server, connect(tokenizer=folder, max_length=10), Generate(Prompt.of("the"), 10))
    assert isinstance(response, Failure)
    assert "no room" in response.error


def test_a_chat_for_completions_goes_through_the_template(connect: Connect, server: LoopbackServer, folder: str):
    chat = Prompt((Message("user", (Text("who?"),)),), chat=True)
    prompt, _ = sent(server, connect(Completions, tokenizer=folder), Generate(chat, 4))
    assert prompt == ids_of(folder, "<s>[user]who?[/][assistant]")


def test_lm_evals_backend_takes_the_models_own_tokenizer(server: LoopbackServer, folder: str):
    options: dict[str, Any] = {"base_url": server.url, "tokenizer_backend": "huggingface"}
    for requests, expected in ((True, ids_of(folder, "the fox")), (False, "the fox")):
        model = Completions(folder, tokenized_requests=requests, **options)
        prompt, _ = sent(server, model, Generate(Prompt.of("the fox"), 4))
        assert prompt == expected
        model.close()


def test_tokens_are_counted_without_a_server(folder: str):
    counts = OpenAIModel.count_tokens([Prompt.of("the fox"), Prompt.of("who?")], tokenizer=folder)
    assert counts == [len(ids_of(folder, "the fox")), len(ids_of(folder, "who?"))]
    assert OpenAIModel.count_tokens([Prompt.of("the fox")]) is None


def test_what_identifies_the_tokenizer_is_in_the_manifest(connect: Connect, folder: str):
    info = connect(tokenizer=folder).info()
    assert info["prefix_token"] == ["<s>", 0]
    assert info["chat_template_sha256"]


def test_a_chat_without_a_template_is_refused(connect: Connect, checkpoint: Callable[..., str]):
    chat = Prompt((Message("user", (Text("who?"),)),), chat=True)
    with pytest.raises(UsageError, match="no chat template"):
        list(connect(Completions, tokenizer=checkpoint("llama")).answer([request(Generate(chat, 4))]))
