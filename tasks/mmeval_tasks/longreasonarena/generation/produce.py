"""Rounds of attempts over all problems, until a level is full; the same rows for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from mmeval.sandbox import Sandbox
from mmeval_tasks.longreasonarena.generation.attempts import Attempt, attempt, sandbox
from mmeval_tasks.longreasonarena.generation.journal import Journal
from mmeval_tasks.longreasonarena.generation.programs import Programs
from mmeval_tasks.longreasonarena.generation.selection import LEVELS, candidates, select, with_longest
from mmeval_tasks.longreasonarena.tokens import Counter

ROUND = 8
"""Attempts at one problem in one round, made by one worker."""


@dataclass(frozen=True)
class Order:
    """What is wanted: rows of a band of lines, from a seed, within a number of attempts per problem."""

    lines: tuple[int, int]
    count: int
    seed: int
    max_attempts: int
    max_answer_tokens: int | None = None

    @property
    def shares_problems(self) -> bool:
        """Whether only problems that reach level 3 count."""
        return self.lines in (LEVELS[1], LEVELS[2])


def produce(
    order: Order,
    programs: Sequence[Programs],
    journal: Journal,
    count: Counter,
    workers: int,
    advance: Callable[[int, int], None],
) -> list[Mapping[str, Any]]:
    """The rows of the order. `advance(done, planned)` is told of attempts as they finish."""
    factors = {one.problem.idx: one.factor for one in programs}
    with sandbox() as box, ThreadPoolExecutor(workers) as pool:
        for first in range(0, order.max_attempts, ROUND):
            done = journal.before(first)
            chosen = _chosen(order, done, factors, count)
            if len(chosen) >= order.count:
                return chosen
            block = range(first, min(first + ROUND, order.max_attempts))
            lacking = _lacking(order, programs, done, count)
            _round(box, pool, order.seed, lacking, block, journal, count, advance)
    return _chosen(order, journal.before(order.max_attempts), factors, count)


def _round(
    box: Sandbox,
    pool: ThreadPoolExecutor,
    seed: int,
    programs: Sequence[Programs],
    block: range,
    journal: Journal,
    count: Counter,
    advance: Callable[[int, int], None],
) -> None:
    todo = {
        one.problem.idx: [number for number in block if (one.problem.idx, number) not in journal.attempts]
        for one in programs
    }
    planned = sum(map(len, todo.values()))
    futures: list[Future[list[Attempt]]] = [
        pool.submit(_attempts, box, one, seed, todo[one.problem.idx], count) for one in programs
    ]
    done = 0
    try:
        for future in as_completed(futures):
            for finished in future.result():
                journal.add(finished)
                done += 1
                advance(done, planned)
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _attempts(box: Sandbox, programs: Programs, seed: int, numbers: Sequence[int], count: Counter) -> list[Attempt]:
    if not numbers:
        return []
    with box.session() as session:
        return [attempt(session, programs, seed, number, count) for number in numbers]


def _chosen(
    order: Order, done: Sequence[Attempt], factors: Mapping[int, int], count: Counter
) -> list[Mapping[str, Any]]:
    found = candidates(done, order.lines, count, order.max_answer_tokens)
    if order.shares_problems:
        found = with_longest(found, done)
    return select(found, factors, order.count, order.seed)


def _lacking(order: Order, programs: Sequence[Programs], done: Sequence[Attempt], count: Counter) -> list[Programs]:
    """The problems that have not given all that they may; for levels 1 and 2 also those not known to reach 3."""
    found = candidates(done, order.lines, count, order.max_answer_tokens)
    if order.shares_problems:
        found = with_longest(found, done)
    return [one for one in programs if len(found.get(one.problem.idx, ())) < one.factor]


def statuses(journal: Journal) -> Iterator[tuple[str, int]]:
    """How attempts ended, most frequent first."""
    counts: dict[str, int] = {}
    for one in journal.attempts.values():
        counts[one.status] = counts.get(one.status, 0) + 1
    yield from sorted(counts.items(), key=lambda item: (-item[1], item[0]))
