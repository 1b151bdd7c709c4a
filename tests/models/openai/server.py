"""A real HTTP server on loopback that speaks OpenAI's API, and misbehaves as it is told.

What it answers is a function of the request alone, so that a test can say what every sample must get. A token is a
character, its id the character's code point.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]


@dataclass
class Reply:
    """What goes over the wire. `wait` is before the first byte, `cut` drops the end of the body.

    `reset` closes the connection without a word, `stall` sends the head and then nothing. `events` are sent in place of
    `body`, each as an event of a stream and with `pause` seconds before it, the last ones dropped by `cut`.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: int = 0
    reset: bool = False
    stall: bool = False
    events: Sequence[str] = ()
    pause: float = 0.0


@dataclass
class Seen:
    """A request that arrived."""

    path: str
    headers: Mapping[str, str]
    body: Body

    @property
    def text(self) -> str:
        """The prompt, whichever endpoint it was sent to."""
        if "messages" in self.body:
            return str(self.body["messages"][-1]["content"])
        prompt = self.body.get("prompt", "")
        return prompt if isinstance(prompt, str) else decode(prompt)


Fault: TypeAlias = Callable[[Seen, int], "Reply | None"]
"""What goes wrong with a request, given how often its prompt was seen before; None: nothing."""


@dataclass
class LoopbackServer:
    """`seen` lists the requests in the order of arrival, `most_at_once` is the most that were under way together."""

    fault: Fault = lambda seen, before: None
    seen: list[Seen] = field(default_factory=list)
    delay: float = 0.0
    keep: bool = True
    scores: bool = True
    lists: Reply | None = None
    max_model_len: int = 4096
    port: int = 0
    under_way: int = 0
    most_at_once: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while seen := await _read(reader):
                self.under_way += 1
                self.most_at_once = max(self.most_at_once, self.under_way)
                try:
                    if not await self._answer(seen, writer):
                        break
                finally:
                    self.under_way -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client hung up, or the server stops
        finally:
            writer.transport.abort()

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        if self.keep:
            self.seen.append(seen)
        reply = self._reply(seen)
        await asyncio.sleep(reply.wait + self.delay)
        if reply.reset:
            return False
        if reply.events:
            return await _send_events(reply, writer)
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        body = text.encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Whatever\r\n{head}\r\n".encode())
        if reply.stall:
            await asyncio.sleep(60)
        writer.write(body[: len(body) - reply.cut])
        await writer.drain()
        return not reply.cut

    def _reply(self, seen: Seen) -> Reply:
        if seen.path == "/v1/models":
            return self.lists or Reply(body={"data": [{"id": "parrot", "max_model_len": self.max_model_len}]})
        before = self._counts.get(seen.text, 0)
        if self.keep:
            self._counts[seen.text] = before + 1
        fault = self.fault(seen, before)
        answer = self.answer(seen)
        return fault or (Reply(events=in_pieces(answer, seen.body)) if seen.body.get("stream") else Reply(body=answer))

    def answer(self, seen: Seen) -> Any:
        """The right answer to a request."""
        if seen.path == "/v1/chat/completions":
            return chat(reply_to(seen.text, seen.body))
        if seen.body.get("echo"):
            return echo(seen.body["prompt"], scores=self.scores)
        text = reply_to(seen.text, seen.body)
        return {"choices": [{"index": 0, "text": text, "finish_reason": "stop"}], "usage": usage(seen.text, text)}


async def _send_events(reply: Reply, writer: asyncio.StreamWriter) -> bool:
    """An event is a chunk; without the last chunk the answer is broken off."""
    head = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{head}".encode())
    writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
    for event in reply.events[: len(reply.events) - reply.cut]:
        await asyncio.sleep(reply.pause)
        data = event.encode() + b"\n\n"
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await writer.drain()
    if not reply.cut:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    return not reply.cut


def in_pieces(answer: Mapping[str, Any], body: Body) -> list[str]:
    """An answer as a stream of events, a character each, with its usage where that is asked for."""
    [choice] = answer["choices"]
    deltas: list[dict[str, Any]] = [{"text": character} for character in choice.get("text", "")]
    if "message" in choice:
        message = choice["message"]
        pieces = [{name: character} for name in message if name != "role" for character in message[name] or ""]
        deltas = [{"delta": delta} for delta in ({"role": "assistant", "content": ""}, *pieces)]
    ending: dict[str, Any] = {"delta": {}} if "message" in choice else {"text": ""}
    choices = [{**delta, "finish_reason": None} for delta in deltas]
    choices.append({**ending, "finish_reason": choice["finish_reason"]})
    sent: list[Any] = [{"choices": [{"index": 0, **each}]} for each in choices]
    if (body.get("stream_options") or {}).get("include_usage"):
        sent.append({"choices": [], "usage": answer["usage"]})
    return [event(data) for data in sent] + ["data: [DONE]"]


def event(data: Any) -> str:
    """Characters beyond ASCII go as they are, as servers send them."""
    return f"data: {json.dumps(data, ensure_ascii=False)}"


def reply_to(prompt: str, body: Body) -> str:
    """A short text that depends on the prompt, and on the seed where the request is sampled."""
    seed = body.get("seed") if body.get("temperature") else None
    return hashlib.sha256(f"{prompt}{seed}".encode()).hexdigest()[: min(6, limit(body))]


def limit(body: Body) -> int:
    return int(body.get("max_tokens") or body.get("max_completion_tokens") or 16)


def chat(content: str | None, **message: Any) -> dict[str, Any]:
    answer = {"role": "assistant", "content": content, **message}
    return {
        "choices": [{"index": 0, "message": answer, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": len(content or "")},
    }


def usage(prompt: str, text: str) -> dict[str, int]:
    return {"prompt_tokens": len(prompt), "completion_tokens": len(text)}


def encode(text: str) -> list[int]:
    return [ord(character) for character in text]


def decode(ids: Sequence[int]) -> str:
    return "".join(map(chr, ids)) if all(isinstance(number, int) for number in ids) else ""


def logprob(before: str, token: str) -> float:
    """Of `token` after `before`: a multiple of 1/16 in [-4, 0); the letter `e` is always the likeliest."""
    if token == "e":
        return -0.0625
    return -(1 + hashlib.sha256(f"{before}\0{token}".encode()).digest()[0] % 63) / 16 - 0.0625


def total(context: str, continuation: str) -> float:
    """The log-likelihood that the server gives."""
    return sum(logprob(context + continuation[:place], token) for place, token in enumerate(continuation))


def echo(prompts: Sequence[Any], *, scores: bool) -> dict[str, Any]:
    texts = [prompt if isinstance(prompt, str) else decode(prompt) for prompt in prompts]
    choices = [{"index": row, "text": text + "e", "logprobs": _logprobs(text) if scores else None}
               for row, text in enumerate(texts)]  # fmt: skip
    return {"choices": choices[::-1], "usage": {"prompt_tokens": sum(map(len, texts))}}


def _logprobs(prompt: str) -> dict[str, Any]:
    tokens = list(prompt + "e")
    values = [None, *(logprob(prompt[:place], tokens[place]) for place in range(1, len(tokens)))]
    top = [None, *({token: value, "e": -0.0625} for token, value in zip(tokens[1:], values[1:], strict=True))]
    return {"tokens": tokens, "token_logprobs": values, "top_logprobs": top}


async def _read(reader: asyncio.StreamReader) -> Seen | None:
    line = await reader.readline()
    if not line:
        return None
    headers = {}
    while header := (await reader.readline()).decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(line.split()[1].decode(), headers, json.loads(content or b"{}"))


@contextmanager
def serving(server: LoopbackServer) -> Iterator[LoopbackServer]:
    """Run `server` in a thread, on a free port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(server.talk, "127.0.0.1", server.port)

    async def stop(listener: asyncio.Server) -> None:
        listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    listener = asyncio.run_coroutine_threadsafe(start(), loop).result()
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(listener), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
