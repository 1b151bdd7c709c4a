"""A small memory of results, shared between threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Kept(Generic[K, R]):
    """`function` with its last `size` results. Who asks for what another thread is computing waits for it."""

    def __init__(self, function: Callable[[K], R], size: int) -> None:
        self._function, self._size = function, size
        self._results: OrderedDict[K, Future[R]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, key: K) -> R:
        with self._lock:
            future = self._results.get(key)
            mine = future is None
            if future is None:
                future = self._results[key] = Future()
                if len(self._results) > self._size:
                    self._results.popitem(last=False)
            else:
                self._results.move_to_end(key)
        if mine:
            self._compute(key, future)
        return future.result()

    def _compute(self, key: K, future: Future[R]) -> None:
        try:
            future.set_result(self._function(key))
        except BaseException as error:  # noqa: BLE001  whoever waits is told, and raises it
            future.set_exception(error)
