"""A server's JSON as responses. What does not have the API's form raises TryAgain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.local import cut_at_stops
from mmeval.types import FinishReason, Generation, Timing
from mmeval_models.openai.failures import TryAgain
from mmeval_models.reasoning import Reasoning, rejoined

_FINISHES: Mapping[str, FinishReason] = {"length": "length", "content_filter": "refusal"}
_REASONING_FIELDS = ("reasoning_content", "reasoning")
"""Of vLLM, SGLang and DeepSeek; of later vLLM, Ollama and OpenRouter."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The JSON object that a server sent, and what the attempt took that brought it."""

    data: Mapping[str, Any]
    timing: Timing


def chat_generation(reply: Reply, stops: Sequence[str], reasoning: Reasoning) -> Generation:
    """The answer of `/chat/completions`.

    `reasoning` says what becomes of reasoning that came in a field of its own.
    """
    choice = _choices(reply)[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        raise TryAgain("the answer has no message")
    if message.get("refusal"):
        return _generation(reply, str(message["refusal"]), "refusal")
    text = cut_at_stops(_text(message.get("content")), stops)
    thought = next((str(message[name]) for name in _REASONING_FIELDS if message.get(name)), "")
    return _generation(reply, rejoined(thought, text, reasoning), _finish(choice))


def generation(reply: Reply, stops: Sequence[str]) -> Generation:
    """The answer of `/completions`."""
    choice = _choices(reply)[0]
    if not isinstance(choice.get("text"), str):
        raise TryAgain("the answer has no text")
    return _generation(reply, cut_at_stops(choice["text"], stops), _finish(choice))


@dataclass(frozen=True, slots=True)
class Echo:
    """A prompt as the server read it: its tokens, their log-probabilities (nats), and those of the likeliest ones.

    The first token has none. What was generated behind the prompt is included.
    """

    tokens: Sequence[str]
    logprobs: Sequence[float | None]
    best: Sequence[float | None]


def echoes(reply: Reply, count: int) -> list[Echo]:
    """The `count` prompts of an answer of `/completions` with `echo` and `logprobs`, in order."""
    by_index = {choice.get("index"): choice for choice in _choices(reply)}
    if by_index.keys() != set(range(count)):
        raise TryAgain(f"the answers' indices are {sorted(map(str, by_index))}, for {count} prompts")
    return [_echo(by_index[index].get("logprobs")) for index in range(count)]


def _echo(logprobs: Any) -> Echo:
    try:
        best = [max(top.values()) if top else None for top in logprobs["top_logprobs"]]
        echo = Echo(logprobs["tokens"], logprobs["token_logprobs"], best)
    except (TypeError, KeyError, AttributeError):
        raise TryAgain("the answer has no log-probabilities of the prompt") from None
    if not len(echo.tokens) == len(echo.logprobs) == len(best):
        raise TryAgain("the answer's log-probabilities do not fit its tokens")
    return echo


def _choices(reply: Reply) -> list[Mapping[str, Any]]:
    choices = reply.data.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        raise TryAgain("the answer has no choices")
    return choices


def _text(content: Any) -> str:
    """The text of a message; some servers send a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


def _finish(choice: Mapping[str, Any]) -> FinishReason:
    return _FINISHES.get(str(choice.get("finish_reason")), "stop")


def _generation(reply: Reply, text: str, finish: FinishReason) -> Generation:
    counts = _tokens(reply, "prompt_tokens"), _tokens(reply, "completion_tokens")
    return Generation(text, finish, *counts, timing=reply.timing)


def _tokens(reply: Reply, name: str) -> int | None:
    usage = reply.data.get("usage")
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else None
