"""What the model `openai` itself costs: requests a second, and processor time of each.

    python benchmarks/endpoint.py

The server is in a process of its own and answers at once, or after a tenth of a second.
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
from tests.models.openai.server import LoopbackServer, serving

REQUESTS = 2000


def serve(port: Connection, delay: float) -> None:
    """Run a server, in a process of its own, until the other end hangs up."""
    with serving(LoopbackServer(keep=False, delay=delay)) as server:
        port.send(server.url)
        port.recv()


def measure(delay: float, characters: int) -> tuple[float, float]:
    """Requests a second, and milliseconds of processor time of each, with prompts of so many characters."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(there, delay))
    process.start()
    model = OpenAIModel("parrot", base_url=here.recv(), endpoint="chat")
    model.info()
    asks = [Generate(Prompt.of(f"{row} ".ljust(characters, "x")), 8) for row in range(REQUESTS)]
    requests = [Request(RequestKey("bench", str(row)), ask, content_hash(ask)) for row, ask in enumerate(asks)]
    began, worked = time.perf_counter(), time.process_time()
    answered = sum(1 for _ in model.answer(iter(requests)))
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


if __name__ == "__main__":
    main()
