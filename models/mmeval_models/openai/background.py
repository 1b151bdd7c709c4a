"""An event loop in a thread of its own, so that a plain iterator can be fed by many requests at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class BackgroundLoop:
    """Runs coroutines in a thread. A caller inside a loop of its own (a notebook) is not disturbed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mmeval-requests", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `work`; its result is waited for by the future."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Cancel what is under way and end the thread."""
        self.submit(_cancel_others()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def concurrently(
    loop: BackgroundLoop, items: Iterable[T], work: Callable[[T], Coroutine[Any, Any, R]], most: int
) -> Iterator[R]:
    """`work` of every item, as it finishes; at most `most` items are taken ahead of what was yielded.

    An exception of `work` is raised here, and what else is under way is cancelled.
    """
    finished: SimpleQueue[Future[R]] = SimpleQueue()
    waiting: set[Future[R]] = set()
    try:
        for item in items:
            future = loop.submit(work(item))
            waiting.add(future)
            future.add_done_callback(finished.put)
            while len(waiting) >= most or not finished.empty():
                yield _next(finished, waiting)
        while waiting:
            yield _next(finished, waiting)
    finally:
        for future in waiting:
            future.cancel()


def _next(finished: SimpleQueue[Future[R]], waiting: set[Future[R]]) -> R:
    future = finished.get()
    waiting.remove(future)
    return future.result()
