"""One attempt at an instance: generate, solve, count, guess; each step in the sandbox and within its time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.sandbox import Reply, Sandbox, Session
from mmeval_tasks.longreasonarena.generation.programs import Programs
from mmeval_tasks.longreasonarena.tokens import Counter

FEWEST_LINES, MOST_LINES = 10**2, 10**6
LONGEST_INPUT = 32_000
_GENERATE_SECONDS, _SOLVE_SECONDS, _GUESS_SECONDS = 3.0, 3.0, 1.0
_COUNT_SECONDS = 30.0
_DRIVER = Path(__file__).with_name("driver.py")
_MODULES = (
    "typing", "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics",
    "itertools", "functools", "operator", "io", "sys", "json", "builtins", "importlib", "numpy", "numpy.random",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended: `row` is the instance, `status` says `kept` or why there is none."""

    idx: int
    number: int
    status: str
    row: Mapping[str, Any] | None = None

    @property
    def line(self) -> int:
        return int(self.row["line"]) if self.row else 0


def sandbox() -> Sandbox:
    """Workers for the programs of the data set."""
    return Sandbox(_DRIVER.read_text(encoding="utf-8"), preload=_MODULES, spares=2)


def seed_of(seed: int, idx: int, number: int) -> int:
    """The seed of one attempt: the same for any order and number of workers."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{idx}:{number}".encode()).digest()[:8], "big")


def attempt(session: Session, programs: Programs, seed: int, number: int, count: Counter) -> Attempt:
    """Make instance `number` of a problem. Inputs are stored, shown and solved as JSON holds them."""
    problem = programs.problem
    made = session.call(
        "generate",
        programs.generate,
        programs.parameters,
        seed_of(seed, problem.idx, number),
        seconds=_GENERATE_SECONDS,
    )
    if not made.ok:
        return Attempt(problem.idx, number, _failed("generator", made))
    input_len = count(str(made.value)) + 1
    if input_len > LONGEST_INPUT:
        return Attempt(problem.idx, number, "input too long")
    plain = session.call("solve", problem.code, made.value, seconds=_SOLVE_SECONDS)
    if not plain.ok:
        return Attempt(problem.idx, number, _failed("solution", plain))
    counted = session.call("count", problem.code, made.value, MOST_LINES, seconds=_COUNT_SECONDS)
    if not counted.ok:
        return Attempt(problem.idx, number, _failed("count", counted))
    if counted.value is None or not FEWEST_LINES <= counted.value < MOST_LINES:
        return Attempt(problem.idx, number, "too many lines" if counted.value is None else "lines out of range")
    if programs.guess:
        guessed = session.call("guess", programs.guess, made.value, plain.value, seconds=_GUESS_SECONDS)
        if guessed.ok and guessed.value:
            return Attempt(problem.idx, number, "guessable")
    row = {
        "problem": problem.statement,
        "tags": list(problem.tags),
        "input": made.value,
        "output": plain.value,
        "input_len": input_len,
        "line": counted.value,
        "idx": problem.idx,
        "attempt": number,
    }
    return Attempt(problem.idx, number, "kept", row)


def _failed(step: str, reply: Reply) -> str:
    """How a step ended, and what the sandbox refused it."""
    return f"{step} {reply.ending}" + (f" (tried: {', '.join(reply.attempts)})" if reply.attempts else "")
