"""A model: counts the letters of the word in quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mmeval import Generate, Generation, Likelihoods, Loglikelihood, OneByOneModel


class Counter(OneByOneModel):
    """Says a number; `off_by` is added to it. Prefers the continuation that comes closest to that number.

    The methods that are written say which kinds of request it answers. One that raises fails that request alone.
    """

    def __init__(self, off_by: int = 0) -> None:
        self.off_by = off_by

    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return Generation(str(self._count(ask.prompt.text)), tokens=1)

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        count = self._count(ask.prompt.text)
        distances = [_distance(continuation, count) for continuation in ask.continuations]
        return Likelihoods(tuple(-0.1 - each for each in distances), tuple(each == 0 for each in distances))

    def info(self) -> Mapping[str, Any]:
        return {"off_by": self.off_by}

    def _count(self, text: str) -> int:
        quoted = re.findall(r"'(\w+)'", text)
        return (len(quoted[-1]) if quoted else len(text)) + self.off_by


def _distance(continuation: str, count: int) -> float:
    return abs(float(continuation) - count) if continuation.strip().isdecimal() else 100.0
