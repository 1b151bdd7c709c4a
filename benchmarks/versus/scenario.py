"""What a scenario is: a kind of work that both peers do, and the ratio to reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Asks:
    """Requests to one checkpoint; `lm_eval` and `mmeval` are arguments of their models.

    A row is (context, continuations), (text,) or (prompt, stops, most new tokens), by kind.
    """

    pretrained: str
    kind: Literal["loglikelihood", "rolling", "generate"]
    rows: Sequence[Sequence[Any]]
    lm_eval: Mapping[str, Any]
    mmeval: Mapping[str, Any]


@dataclass(frozen=True)
class Commands:
    """A command line for each peer, and one for each to run once before (to fill a cache)."""

    lm_eval: Sequence[str]
    mmeval: Sequence[str]
    before_lm_eval: Sequence[str] = ()
    before_mmeval: Sequence[str] = ()


@dataclass(frozen=True)
class Scenario:
    """`make(size, cache)` gives the work; `size` is the number of documents that a quick run takes.

    `aim` is the ratio of CPU times (lm-eval's by mmeval's) to reach, if there is one; `full` the size it was set for.
    """

    what: str
    aim: float | None
    size: int
    full: int
    make: Callable[[int, Path], Asks | Commands]


def asks(pretrained: Path | str, kind: Any, rows: Sequence[Sequence[Any]], **lm_eval: Any) -> Asks:
    """Requests in float32 on the CPU, lm-eval with batches of 16 unless told otherwise."""
    common = {"dtype": "float32", "device": "cpu"}
    return Asks(str(pretrained), kind, rows, {"batch_size": 16, **common, **lm_eval}, common)
