"""Rounds of attempts over all problems, until a level is full; the same rows for any number of workers."""

from __future__ import annotations

import random
from collections import Counter as Counts
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from threading import Event
from typing import Any

from mmeval.engine.progress import Progress
from mmeval.sandbox import Sandbox
from mmeval_tasks.longreasonarena.generation.attempts import Attempt, attempt, sandbox
from mmeval_tasks.longreasonarena.generation.journal import Journal
from mmeval_tasks.longreasonarena.generation.programs import Programs
from mmeval_tasks.longreasonarena.generation.selection import LEVELS, candidates, select, with_longest
from mmeval_tasks.longreasonarena.tokens import Counter

ROUND = 8
"""Attempts at one problem in one round, made by one worker."""
SMALLEST_BLOCK = 16


@dataclass(frozen=True)
class Order:
    """What is wanted: rows of a band of lines, from a seed, within a number of attempts per problem.

    `equal_bins` wants as many rows in each half decade of lines.
    """

    lines: tuple[int, int]
    count: int
    seed: int
    max_attempts: int
    max_answer_tokens: int | None = None
    equal_bins: bool = False

    @property
    def shares_problems(self) -> bool:
        """Whether only problems that reach level 3 count."""
        return self.lines in (LEVELS[1], LEVELS[2])

    @property
    def block(self) -> int:
        """Problems that are tried before the next look at what is there: a small order need not try all."""
        return max(SMALLEST_BLOCK, 2 * self.count)


def produce(
    order: Order,
    programs: Sequence[Programs],
    journal: Journal,
    count: Counter,
    workers: int,
    progress: Progress,
) -> list[Mapping[str, Any]]:
    """The rows of the order, or as many as the attempts gave."""
    shelf = _Shelf(order, {one.problem.idx: one.factor for one in programs}, count)
    queue = random.Random(order.seed).sample(programs, len(programs))
    with _Workshop(journal, order.seed, count, workers, progress) as workshop:
        for first in range(0, order.max_attempts, ROUND):
            numbers = range(first, min(first + ROUND, order.max_attempts))
            lacking = [one for one in queue if shelf.lacks(one.problem.idx)]
            workshop.announce(lacking, numbers)
            for start in range(0, len(lacking), order.block):
                shelf.add(workshop.make(lacking[start : start + order.block], numbers))
                if shelf.problems >= order.count:
                    break
            progress.finish()
            if len(shelf.chosen()) >= order.count:
                break
    return shelf.chosen()


class _Shelf:
    """The attempts that count so far, and what can be chosen from them."""

    def __init__(self, order: Order, factors: Mapping[int, int], count: Counter) -> None:
        self._order, self._factors, self._count = order, factors, count
        self._attempts: list[Attempt] = []
        self._found: Mapping[int, list[Attempt]] = {}

    def add(self, attempts: Sequence[Attempt]) -> None:
        self._attempts += attempts
        found = candidates(self._attempts, self._order.lines, self._count, self._order.max_answer_tokens)
        self._found = with_longest(found, self._attempts) if self._order.shares_problems else found

    @property
    def problems(self) -> int:
        """Problems that can give a row."""
        return len(self._found)

    def lacks(self, idx: int) -> bool:
        """Whether a problem may give more than it has; for levels 1 and 2 also one not known to reach 3."""
        return len(self._found.get(idx, ())) < self._factors[idx]

    def chosen(self) -> list[Mapping[str, Any]]:
        order = self._order
        return select(self._found, self._factors, order.count, order.seed, equal_bins=order.equal_bins)


class _Workshop:
    """Sandboxed workers, one problem each at a time. What the journal has is not made again."""

    def __init__(self, journal: Journal, seed: int, count: Counter, workers: int, progress: Progress) -> None:
        self._journal, self._seed, self._count, self._progress = journal, seed, count, progress
        self._sandbox: Sandbox = sandbox()
        self._pool = ThreadPoolExecutor(workers)
        self._stop = Event()

    def __enter__(self) -> _Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        self._sandbox.close()

    def announce(self, programs: Sequence[Programs], numbers: range) -> None:
        """Tell the progress what this round may take."""
        known = sum(self._journal.has(one.problem.idx, number) for one in programs for number in numbers)
        stage = f"attempts {numbers.start + 1} to {numbers.stop} at each problem"
        self._progress.start(stage, len(programs) * len(numbers), known)

    def make(self, programs: Sequence[Programs], numbers: range) -> list[Attempt]:
        """All attempts of these numbers, in order."""
        futures = [self._pool.submit(self._attempts, one, numbers) for one in programs]
        for future in as_completed(futures):
            for finished in future.result():
                self._journal.add(finished)
                self._progress.advance()
        return [self._journal.attempts[one.problem.idx, number] for one in programs for number in numbers]

    def _attempts(self, programs: Programs, numbers: range) -> list[Attempt]:
        todo = [number for number in numbers if not self._journal.has(programs.problem.idx, number)]
        made: list[Attempt] = []
        if todo:
            with self._sandbox.session() as session:
                for number in todo:
                    if self._stop.is_set():
                        break
                    made.append(attempt(session, programs, self._seed, number, self._count))
        return made


def statuses(journal: Journal) -> Iterator[tuple[str, int]]:
    """How attempts ended, most frequent first."""
    counts = Counts(one.status for one in journal.attempts.values())
    yield from sorted(counts.items(), key=lambda item: (-item[1], item[0]))
