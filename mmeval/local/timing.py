"""What the batch took that brought an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mmeval.local.batches import Budget
from mmeval.local.planning import Answer
from mmeval.types import Failure, Timing


def timed(answers: Iterator[Answer], budget: Budget) -> Iterator[Answer]:
    """`answers` with the time of the last batch under `budget` until then: of several, the one that completed them."""
    for key, response in answers:
        yield key, response if isinstance(response, Failure) else replace(response, timing=Timing(budget.seconds))
