"""Work done ahead of its consumer, by a bounded pool of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

I = TypeVar("I")  # noqa: E741  item
R = TypeVar("R")

WORKERS = 4
WINDOW = 16


def ahead(
    function: Callable[[I], R], items: Iterable[I], *, workers: int = WORKERS, window: int = WINDOW
) -> Iterator[tuple[I, R]]:
    """Each item with `function(item)`, in order, at most `window` of them begun before they are taken.

    What is held in memory is bounded by `window`, whatever the number of items. An exception of `function` is raised
    where its item is taken; what was begun is then given up.
    """
    waiting: deque[tuple[I, Future[R]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="ahead")
    try:
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) >= window:
                yield _taken(waiting)
        while waiting:
            yield _taken(waiting)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _taken(waiting: deque[tuple[I, Future[R]]]) -> tuple[I, R]:
    item, future = waiting.popleft()
    return item, future.result()
