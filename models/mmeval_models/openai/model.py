"""`OpenAIModel`: a server with OpenAI's API behind the model contract."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, TypeVar

from jinja2 import TemplateError

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.local import count_tokens
from mmeval.local.chat import PromptRenderer
from mmeval.local.tokens import encode, fit_budget, fit_prompt
from mmeval.model import Batching, Model
from mmeval.types import (
    EMPTY,
    Failure,
    Generate,
    Generation,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLoglikelihood,
)
from mmeval_models.openai import answers, bodies
from mmeval_models.openai.background import BackgroundLoop, concurrently
from mmeval_models.openai.failures import TryAgain, Unanswered
from mmeval_models.openai.scoring import Scorer
from mmeval_models.openai.server import HOSTED, Sending, Server
from mmeval_models.openai.streaming import FIELDS
from mmeval_models.reasoning import Reasoning

if TYPE_CHECKING:
    from mmeval_models.hf.tokenizer import HFTokenizer
    from mmeval_models.openai.client import Client

Endpoint: TypeAlias = Literal["auto", "chat", "completions"]
T = TypeVar("T")
DEFAULT_MAX_LENGTH = 2048


class OpenAIModel(Model):
    """A server with OpenAI's API at `base_url` (`OPENAI_BASE_URL`, else OpenAI's own); `model` is a name it knows.

    `endpoint` `auto` sends chat prompts and images to `/chat/completions`, plain prompts to `/completions`. The key is
    read from the environment variable `api_key_variable`. `num_concurrent` is the most requests at once; the number
    adapts to what the server takes. An attempt ends after `timeout` seconds and is repeated up to `max_retries` times,
    first after up to `retry_wait` seconds. With a `tokenizer` (folder or hub id) prompts of `/completions` are token
    ids, cut to `max_length` from the left; `tokenizer_backend` and `tokenized_requests` are as in lm-eval. `reasoning`
    `keep` puts reasoning that the server returns apart before the answer, in `<think>` tags; `drop` leaves it out.
    `extra_body` are further fields of every request; null drops a field. `prompt_price` and `completion_price` are
    per million tokens, in any currency: the cost of the run is reported in it. `stream` has answers come piece by
    piece, which tells the time to the first token and takes more work on this side.
    """

    kinds = frozenset({Generate, Loglikelihood, RollingLoglikelihood})
    modalities = frozenset({"text", "image"})
    requires = ("httpx", "tenacity")
    extra = "api"
    default_endpoint: ClassVar[Endpoint] = "auto"
    default_reasoning: ClassVar[Reasoning] = "keep"

    def __init__(
        self,
        model: str = "",
        *,
        base_url: str | None = None,
        endpoint: Endpoint | None = None,
        api_key_variable: str = "OPENAI_API_KEY",
        num_concurrent: int = 64,
        timeout: float = 600.0,
        max_retries: int = 6,
        retry_wait: float = 1.0,
        tokenizer: str | None = None,
        tokenizer_backend: Literal["huggingface"] | None = None,
        tokenized_requests: bool = True,
        max_length: int | None = None,
        reasoning: Reasoning | None = None,
        prompt_price: float | None = None,
        completion_price: float | None = None,
        extra_body: dict[str, Any] | None = None,
        verify_certificate: bool = True,
        stream: bool = False,
    ) -> None:
        self._server = Server.of(base_url or os.environ.get("OPENAI_BASE_URL") or HOSTED, api_key_variable)
        self._endpoint, self._reasoning = endpoint or self.default_endpoint, reasoning or self.default_reasoning
        self._named, self._given_length, self._extra = model, max_length, extra_body or {}
        tokenizer = tokenizer or (model if tokenizer_backend else None)
        self._tokenizer = _load_tokenizer(tokenizer) if tokenizer and tokenized_requests else None
        self._sending = Sending(num_concurrent, timeout, max_retries, retry_wait, verify_certificate)
        self._prices = {"prompt": prompt_price or 0.0, "completion": completion_price or 0.0}
        self._streamed = FIELDS if stream else EMPTY
        self._scores = False

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        self.info()  # what the server says of itself is asked for here: the loop cannot wait for itself
        return concurrently(self._loop, self._answerable(requests), self._respond, self._sending.most)

    def info(self) -> Mapping[str, Any]:
        return {
            "model": self._model,
            "base_url": self._server.url,
            "endpoint": self._endpoint,
            "max_length": self._max_length,
            "reasoning": self._reasoning,
            **({"prices": self._prices} if any(self._prices.values()) else {}),
            **(self._tokenizer.info() if self._tokenizer else {}),
        }

    def batching(self) -> Batching:
        return Batching(self._client.limit.highest if "_client" in vars(self) else None)

    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        name = arguments.get("tokenizer")
        return count_tokens(prompts, _load_tokenizer(name)) if name else None

    def close(self) -> None:
        if "_loop" in vars(self):
            self._loop.submit(self._client.close()).result()
            self._loop.close()
        for name in ("_loop", "_client", "_scorer"):
            vars(self).pop(name, None)

    def _answerable(self, requests: Iterable[Request]) -> Iterator[Request]:
        """`requests`, stopped before the first that this installation cannot send or the server cannot score."""
        for request in requests:
            if request.ask.prompt.images and importlib.util.find_spec("PIL") is None:
                raise MissingRequirementError("images need pillow", hint="pip install 'mmeval-harness[api,vision]'")
            if not self._scores and isinstance(request.ask, Loglikelihood | RollingLoglikelihood):
                self._loop.submit(self._scorer.check()).result()
                self._scores = True
            yield request

    async def _respond(self, request: Request) -> tuple[RequestKey, Response]:
        try:
            return request.key, await self._response(request)
        except Unanswered as reason:
            return request.key, Failure(str(reason), skip=reason.skip)

    async def _response(self, request: Request) -> Response:
        ask = request.ask
        if isinstance(ask, Generate):
            return await (self._chat if self._chats(ask.prompt) else self._continue)(ask, request.seed)
        if isinstance(ask, Loglikelihood):
            return await self._scorer.likelihoods(self._text(ask.prompt), ask.continuations)
        if isinstance(ask, RollingLoglikelihood):
            return await self._scorer.rolling(ask)
        raise Unanswered(f"this model does not answer {type(ask).__name__}")

    def _chats(self, prompt: Prompt) -> bool:
        return self._endpoint == "chat" or (self._endpoint == "auto" and (prompt.chat or bool(prompt.images)))

    async def _chat(self, ask: Generate, seed: int | None) -> Generation:
        shows = bool(ask.prompt.images)  # decoded in a thread, so that others' answers are read meanwhile
        turns = await asyncio.to_thread(bodies.messages, ask.prompt) if shows else bodies.messages(ask.prompt)
        fields = {"messages": turns, **bodies.sampling(ask, seed), **self._streamed}
        if self._server.hosted:
            fields["max_completion_tokens"] = ask.max_tokens
        else:
            fields |= {"max_tokens": ask.max_tokens, **bodies.prefill(ask.prompt)}
        return await self._post(
            "/chat/completions", fields, lambda reply: answers.chat_generation(reply, ask.stop, self._reasoning)
        )

    async def _continue(self, ask: Generate, seed: int | None) -> Generation:
        text, dropped = self._text(ask.prompt), 0
        prompt: str | list[int] = text
        if self._tokenizer is not None:
            ids = encode(self._tokenizer, [text])[text] or (self._tokenizer.prefix_id,)
            fitted = fit_budget(ask, len(ids), self._max_length)
            if isinstance(fitted, Generation):
                return fitted
            ask = fitted
            if not 0 < ask.max_tokens < self._max_length:
                raise Unanswered(f"{ask.max_tokens} new tokens leave no room in a context of {self._max_length}")
            kept, dropped = fit_prompt(ids, self._max_length, ask.max_tokens)
            prompt = list(kept)
        fields = {"prompt": prompt, "max_tokens": ask.max_tokens, **bodies.sampling(ask, seed), **self._streamed}
        return await self._complete(
            fields, lambda reply: replace(answers.generation(reply, ask.stop), truncated=dropped)
        )

    def _text(self, prompt: Prompt) -> str:
        """The prompt as the one string that `/completions` reads."""
        if prompt.images:
            raise Unanswered("images can only be sent to /chat/completions, to be answered by a text")
        if not prompt.chat:
            return prompt.text
        if self._renderer is None:
            raise UsageError(
                "a chat prompt for /completions needs the chat template",
                hint="give the model the argument tokenizer, or leave out --apply_chat_template",
            )
        try:
            return self._renderer.text(prompt)
        except TemplateError as error:
            raise Unanswered(f"the chat template refuses the messages: {error}") from None

    async def _complete(self, fields: Mapping[str, Any], read: Callable[[answers.Reply], T]) -> T:
        return await self._post("/completions", fields, read)

    async def _post(self, path: str, fields: Mapping[str, Any], read: Callable[[answers.Reply], T]) -> T:
        body = {"model": self._model, **fields, **self._extra}
        return await self._client.post(path, {name: body[name] for name in body if body[name] is not None}, read)

    @cached_property
    def _renderer(self) -> PromptRenderer | None:
        return PromptRenderer(self._tokenizer) if self._tokenizer else None

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self._complete, self._tokenizer, self._max_length)

    @cached_property
    def _loop(self) -> BackgroundLoop:
        return BackgroundLoop()

    @cached_property
    def _client(self) -> Client:
        from mmeval_models.openai.client import Client

        return Client(self._server, self._sending)

    @cached_property
    def _listed(self) -> list[Mapping[str, Any]]:
        """The models that the server names; none where it does not tell.

        Asked of every server: that there is none, or that it refuses the key, is known before the first request.
        """
        try:
            models = self._loop.submit(self._client.get("/models")).result().get("data")
        except Unanswered:
            return []
        except TryAgain as error:
            if error.unreachable:
                raise MissingRequirementError(
                    f"no server answers at {self._server.url}: {error}", hint="start it, or check base_url"
                ) from None
            return []
        return [model for model in models if isinstance(model, dict)] if isinstance(models, list) else []

    @cached_property
    def _model(self) -> str:
        if self._named:
            return self._named
        names = [str(model.get("id")) for model in self._listed]
        if len(names) != 1:
            raise UsageError(
                f"the argument model is needed: {self._server.url} has {', '.join(names) or 'no list of its models'}"
            )
        return names[0]

    @cached_property
    def _max_length(self) -> int:
        """What was given, else what vLLM and SGLang say of the model, else lm-eval's default."""
        told = [model.get("max_model_len") for model in self._listed if model.get("id") == self._model]
        return self._given_length or next((length for length in told if isinstance(length, int)), DEFAULT_MAX_LENGTH)


class ChatCompletions(OpenAIModel):
    """lm-eval's `local-chat-completions` and `openai-chat-completions`: all prompts as chats, without reasoning."""

    kinds = frozenset({Generate})
    default_endpoint = "chat"
    default_reasoning = "drop"


class Completions(OpenAIModel):
    """lm-eval's `local-completions` and `openai-completions`: all prompts as texts."""

    modalities = frozenset({"text"})
    default_endpoint = "completions"


def _load_tokenizer(name: str) -> HFTokenizer:
    if importlib.util.find_spec("transformers") is None:
        raise MissingRequirementError(
            "the argument tokenizer needs transformers", hint="pip install 'mmeval-harness[hf]'"
        )
    from mmeval_models.hf.checkpoint import Checkpoint
    from mmeval_models.hf.tokenizer import HFTokenizer

    checkpoint = Checkpoint(name)
    checkpoint.check()
    return HFTokenizer(checkpoint.tokenizer())
