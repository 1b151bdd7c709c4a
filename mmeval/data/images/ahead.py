"""Work done ahead of its consumer, by a bounded pool of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

I = TypeVar("I")  # noqa: E741  item
R = TypeVar("R")

WORKERS = 4
WINDOW = 32


def ahead(
    function: Callable[[I], R], items: Iterable[I], *, workers: int = WORKERS, window: int = WINDOW
) -> Iterator[tuple[I, R]]:
    """Each item with `function(item)`, in order. `window` items are begun at once, and as many when they are taken.

    So what is held in memory is bounded, whatever the number of items, and a consumer that works on `window` results
    at a time takes them undisturbed while the next ones are computed behind its work. An exception of `function` is
    raised where its item is taken; what was begun is then given up.
    """
    waiting: deque[tuple[I, Future[R]]] = deque()
    pool, remaining = ThreadPoolExecutor(workers, thread_name_prefix="ahead"), iter(items)

    def begin() -> None:
        waiting.extend((item, pool.submit(function, item)) for item in islice(remaining, window))

    try:
        begin()
        while waiting:
            item, future = waiting.popleft()
            result = future.result()
            if not waiting:
                begin()
            yield item, result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
