"""How many requests may be under way at once: as many as the server turns into throughput."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

START = 16
CALM = 16
"""Answers that a window takes at least: fewer say little about throughput."""
STEP = 1.25
"""By how much the bound must have grown before throughput is compared: less is lost in noise."""
GAIN = 0.5
"""Least share of added concurrency that must come out as throughput."""


class AdaptiveLimit:
    """A bound between 1 and `most` on what is under way, moved by what the server shows. `highest`: the most that was.

    An overload (429, 503, a timeout) halves it, once for all requests that were sent under the old bound. Before the
    first overload it doubles with each window of answers, then it grows by one. By Little's law the requests under
    way are throughput times latency: growth that brought mostly latency is taken back.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.limit, self.active = most, min(most, START), 0
        self.highest = 0
        self._clock = clock
        self._epoch = 0
        self._doubling = True
        self._answers, self._began = 0, clock()
        self._compared: tuple[int, float] | None = None
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[int]:
        """Wait for room, and hold it. The value is what `overloaded` wants back."""
        async with self._freed:
            await self._freed.wait_for(lambda: self.active < self.limit)
            self.active += 1
            self.highest = max(self.highest, self.active)
        try:
            yield self._epoch
        finally:
            self.active -= 1
            async with self._freed:
                self._freed.notify(max(1, self.limit - self.active))

    def answered(self) -> None:
        """The server answered a request."""
        self._answers += 1
        if self._answers >= max(self.limit, CALM):
            self._end_window()

    def overloaded(self, epoch: int) -> None:
        """The server could not keep up with a request that was sent in `epoch`."""
        if epoch == self._epoch:
            self._epoch += 1
            self._doubling, self._compared = False, None
            self._move(self.limit // 2)

    def _end_window(self) -> None:
        throughput = self._answers / max(self._clock() - self._began, 1e-9)
        before, before_throughput = self._compared or (self.limit, throughput)
        growth = self.limit / before
        if growth >= STEP and throughput / before_throughput < 1 + GAIN * (growth - 1):
            self._doubling, self._compared = False, None
            self._move(before)
            return
        if growth >= STEP or self._compared is None:
            self._compared = (self.limit, throughput)
        self._move(2 * self.limit if self._doubling else self.limit + 1)

    def _move(self, limit: int) -> None:
        self.limit = max(1, min(self.most, limit))
        self._answers, self._began = 0, self._clock()
