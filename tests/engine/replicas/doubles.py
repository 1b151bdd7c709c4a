"""A model that ends its process when it is told to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mmeval.engine.replicas.shards import MOST
from mmeval.errors import UnknownNameError
from mmeval.model import Model
from mmeval.testing import ListTask
from mmeval.types import Generate, Generation, Request, RequestKey, Response

COUNT = MOST + 5
TASK = ListTask([(f"q{row}", "A") for row in range(COUNT)], "many")


class Mortal(Model):
    """Answers in upper case. The first `lives` times, counted by files in `folder`, the prompt `deadly` ends it.

    `broken` says how it fails otherwise: at its `start`, by ending its process there (`exit`), or at an answer.
    """

    kinds = frozenset({Generate})

    def __init__(
        self, folder: str = "", deadly: str = "", lives: int = 0, broken: str = "", seconds: float = 0.0, mib: int = 0
    ) -> None:
        if broken == "start":
            raise UnknownNameError("weight", "torn", ["worn"])
        if broken == "exit":
            os._exit(7)
        self.weights = b"w" * (mib << 20)
        self.folder, self.deadly, self.lives, self.broken, self.seconds = folder, deadly, lives, broken, seconds

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            text = request.ask.prompt.text
            deaths = len(list(Path(self.folder).iterdir())) if text == self.deadly else self.lives
            if deaths < self.lives:
                (Path(self.folder) / str(deaths)).touch()
                os._exit(1)
            if self.broken == "answer":
                raise RuntimeError("no such\nkernel")
            time.sleep(self.seconds)
            yield request.key, Generation(text.upper())

    def info(self) -> Mapping[str, Any]:
        return {"threads": os.environ.get("OMP_NUM_THREADS"), "gpu": os.environ.get("CUDA_VISIBLE_DEVICES")}
