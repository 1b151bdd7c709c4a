"""What the model `openai` itself costs: requests a second, and processor time of each.

    python benchmarks/endpoint.py

The server is in a process of its own and answers at once, or after a tenth of a second; then at once with long answers,
whole and as streams.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mmeval.serialize import content_hash
from mmeval.types import Generate, Prompt, Request, RequestKey
from mmeval_models.openai import OpenAIModel
from tests.models.openai.server import LoopbackServer, Reply, Seen, chat, in_pieces, serving

REQUESTS = 2000
LONG = 400
"""Tokens of a long answer."""


def long_answer(seen: Seen, _: int) -> Reply | None:
    """`LONG` tokens where so many are asked for."""
    if seen.body.get("max_tokens") != LONG:
        return None
    answer = chat("x" * LONG)
    return Reply(events=in_pieces(answer, seen.body)) if seen.body.get("stream") else Reply(body=answer)


def serve(port: Connection, delay: float) -> None:
    """Run a server, in a process of its own, until the other end hangs up."""
    with serving(LoopbackServer(long_answer, keep=False, delay=delay)) as server:
        port.send(server.url)
        port.recv()


def measure(
    delay: float, characters: int, tokens: int = 8, stream: bool = False, requests: int = REQUESTS
) -> tuple[float, float]:
    """Requests a second, and milliseconds of processor time of each, with prompts of so many characters."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(there, delay))
    process.start()
    model = OpenAIModel("parrot", base_url=here.recv(), endpoint="chat", stream=stream)
    model.info()
    asks = [Generate(Prompt.of(f"{row} ".ljust(characters, "x")), tokens) for row in range(requests)]
    listed = [Request(RequestKey("bench", str(row)), ask, content_hash(ask)) for row, ask in enumerate(asks)]
    began, worked = time.perf_counter(), time.process_time()
    answered = sum(1 for _ in model.answer(iter(listed)))
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    model.close()
    here.send("done")
    process.join()
    return answered / seconds, 1000 * work / answered


def main() -> None:
    """Print a row for each kind of server and prompt."""
    print("server answers after    prompt    requests/s    ms of processor time per request")
    for delay in (0.0, 0.1):
        for characters in (100, 10_000):
            rate, work = measure(delay, characters)
            print(f"{delay:>15.1f} s {characters:>12} {rate:>13.0f} {work:>35.2f}")
    print(f"answers of {LONG} tokens")
    for stream in (False, True):
        rate, work = measure(0.0, 100, LONG, stream, requests=200)
        print(f"{'streamed' if stream else 'whole':>17} {100:>12} {rate:>13.0f} {work:>35.2f}")


if __name__ == "__main__":
    main()
