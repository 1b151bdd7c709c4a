"""An answer that a server sends piece by piece (server-sent events), put together as if it had come in one piece."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from mmeval_models.openai.failures import TryAgain

EVENTS = "text/event-stream"
FIELDS: Mapping[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
"""What asks for such an answer, with its tokens counted."""
_END = "[DONE]"
_IN_PIECES = ("content", "reasoning_content", "reasoning", "refusal")
"""Fields of a message."""


async def events(content: AsyncIterator[bytes]) -> AsyncIterator[Mapping[str, Any] | None]:
    """The JSON objects of a stream, and None for its end mark. Raises TryAgain for what is neither.

    Lines are split as bytes: texts hold characters that end a line for Python and not for JSON. All is read, so that
    the connection can be used again.
    """
    rest = b""
    async for piece in content:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            name, _, value = line.decode("utf-8", "replace").partition(":")
            if name == "data":  # else a comment, which keeps the connection open, or nothing of interest
                yield None if value.strip() == _END else _object(value)


def _object(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        raise TryAgain(f"an event of the answer is not JSON ({len(text)} characters)") from None
    if not isinstance(data, dict):
        raise TryAgain("an event of the answer is not a JSON object")
    return data


class Assembly:
    """The first choice of an answer, of which events bring pieces. `ended`: the server has said that it is whole."""

    def __init__(self) -> None:
        self.ended = False
        self._pieces: dict[str, list[str]] = {}
        self._choice: dict[str, Any] = {}
        self._usage: Any = None
        self._chats = False

    def add(self, event: Mapping[str, Any] | None) -> bool:
        """Take in an event; whether it brought something that the model wrote."""
        if event is None:
            self.ended = True
            return False
        self._usage = event.get("usage") or self._usage
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        return isinstance(first, dict) and first.get("index", 0) == 0 and self._add(first)

    def _add(self, choice: Mapping[str, Any]) -> bool:
        self._choice = {"index": 0, "finish_reason": choice.get("finish_reason") or self._choice.get("finish_reason")}
        self.ended = self.ended or self._choice["finish_reason"] is not None
        delta = choice.get("delta")
        self._chats = self._chats or isinstance(delta, dict)
        written = {name: delta.get(name) for name in _IN_PIECES} if isinstance(delta, dict) else {}
        found = {name: value for name, value in {**written, "text": choice.get("text")}.items() if value}
        for name, value in found.items():
            self._pieces.setdefault(name, []).append(str(value))
        return bool(found)

    @property
    def data(self) -> dict[str, Any]:
        """What the server would have sent in one piece."""
        whole = {name: "".join(pieces) for name, pieces in self._pieces.items()}
        own = {"message": {"content": None, **whole}} if self._chats else {"text": whole.get("text", "")}
        return {"choices": [{**self._choice, **own}] if self._choice else [], "usage": self._usage}
