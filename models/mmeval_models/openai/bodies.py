"""Requests as the JSON that a server reads."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from mmeval.data.images import ImageError, decode, image_bytes
from mmeval.data.images.decode import ALPHA, DEEP
from mmeval.types import Generate, Image, Message, Part, Prompt
from mmeval_models.openai.failures import Unanswered

MOST_STOPS = 4
"""Of the API; further stop strings cut the answer here."""
_READ_ANYWHERE: Mapping[bytes, str] = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""How files begin that every server can read."""


def sampling(ask: Generate, seed: int | None) -> dict[str, Any]:
    """The fields that say how to generate; options go by their own names."""
    fields: dict[str, Any] = {"temperature": ask.temperature, **ask.options}
    stops = [stop for stop in ask.stop if stop][:MOST_STOPS]
    if stops:
        fields["stop"] = stops
    if seed is not None:
        fields["seed"] = seed
    return fields


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The turns of a chat; a plain prompt is one turn of the user.

    Images become data URLs. Raises Unanswered where one cannot be read.
    """
    turns = prompt.messages if prompt.chat else Prompt.of(*_plain_parts(prompt)).messages
    return [{"role": turn.role, "content": _content(turn)} for turn in turns]


def prefill(prompt: Prompt) -> dict[str, Any]:
    """What makes vLLM and SGLang go on with a final message of the assistant; nothing for other prompts."""
    if prompt.chat and prompt.messages and prompt.messages[-1].role == "assistant":
        return {"add_generation_prompt": False, "continue_final_message": True}
    return {}


def _plain_parts(prompt: Prompt) -> Sequence[Part]:
    return prompt.parts if prompt.images else Prompt.of(prompt.text).parts


def _content(message: Message) -> str | list[dict[str, Any]]:
    if any(isinstance(part, Image) for part in message.content):
        return [_part(part) for part in message.content]
    return "".join(part.text for part in message.content if not isinstance(part, Image))


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": data_url(part)}}
    return {"type": "text", "text": part.text}


def data_url(image: Image) -> str:
    """The image as a `data:` URL: its file, or its pixels as a PNG where servers might not read the file as we do."""
    content = cache(partial(image_bytes, image))
    try:
        picture = decode(replace(image, read=content))
    except ImageError as error:
        raise Unanswered(str(error), skip=True) from None
    kind = next((kind for start, kind in _READ_ANYWHERE.items() if content().startswith(start)), "")
    if kind and not {ALPHA, DEEP} & set(picture.notes):
        return _data_url(kind, content())
    encoded = io.BytesIO()
    picture.pixels.save(encoded, "PNG")
    return _data_url("image/png", encoded.getvalue())


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
