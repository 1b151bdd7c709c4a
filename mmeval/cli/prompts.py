"""Requests as text, exactly as a model is shown them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mmeval.types import Ask, Generate, Image, Loglikelihood, Part, Prompt, Represent, RollingLoglikelihood


def described(ask: Ask) -> str:
    """A line on the kind of request, then its prompt as it is, then what is to be continued with."""
    return "\n".join(_lines(ask))


def _lines(ask: Ask) -> Iterator[str]:
    yield f"--- {type(ask).__name__}{_settings(ask)}"
    if isinstance(ask, RollingLoglikelihood):
        yield ask.text
        return
    for prompt in ask.prompts if isinstance(ask, Represent) else (ask.prompt,):
        yield from _chat(prompt) if prompt.chat else [_plain(prompt)]
    if isinstance(ask, Loglikelihood):
        yield "--- continuations"
        yield from (json.dumps(continuation, ensure_ascii=False) for continuation in ask.continuations)


def _settings(ask: Ask) -> str:
    settings: dict[str, Any] = {}
    if isinstance(ask, Generate):
        settings = {"max_tokens": ask.max_tokens, "temperature": ask.temperature, "stop": list(ask.stop), **ask.options}
    elif isinstance(ask, Represent):
        settings = {"positions": ask.positions, "layers": ask.layers}
    elif isinstance(ask, RollingLoglikelihood):
        settings = {"stride": ask.stride}
    if ask.role != "model":
        settings = {"role": ask.role, **settings}
    return "".join(f" {name}={json.dumps(value, ensure_ascii=False, default=str)}" for name, value in settings.items())


def _chat(prompt: Prompt) -> Iterator[str]:
    for message in prompt.messages:
        yield f"[{message.role}]"
        yield "".join(map(_part, message.content))


def _plain(prompt: Prompt) -> str:
    return "".join("".join(map(_part, message.content)) + message.delimiter for message in prompt.messages)


def _part(part: Part) -> str:
    return f"[image {part.path}]" if isinstance(part, Image) else part.text
