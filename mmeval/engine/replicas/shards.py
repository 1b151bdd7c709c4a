"""Who answers what: requests in shards, and what was lost again, until each has its one answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmeval.types import Request, RequestKey

MOST = 256
"""Requests in a shard: enough for full batches and for what neighbours share."""
LEAST = 8
"""Requests in a shard towards the end, where small ones keep the replicas from waiting for one another."""
MOST_LOSSES = 3
"""So many replicas may be lost to one request alone before it counts as failed."""


@dataclass(slots=True)
class _Shard:
    """Requests that go out together, less those that are answered.

    `losses` counts the replicas that were lost to it since it is one request.
    """

    requests: dict[RequestKey, Request]
    losses: int = 0

    @classmethod
    def of(cls, requests: Sequence[Request]) -> _Shard:
        return cls({request.key: request for request in requests})


class Shards:
    """Requests on their way to replicas (by number) and back.

    A shard is a part of what is left, so that shards become smaller towards the end. What a lost replica had not
    answered goes out again in halves, first of all: a request that ends every replica is soon alone.
    """

    def __init__(self, requests: Sequence[Request], replicas: int) -> None:
        self._requests, self._replicas, self._sent = requests, replicas, 0
        self._again: deque[_Shard] = deque()
        self._out: dict[int, _Shard] = {}

    @property
    def waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._again) or self._sent < len(self._requests)

    @property
    def finished(self) -> bool:
        """Whether nothing is waiting and nothing is out."""
        return not self.waiting and not self._out

    def take(self, replica: int) -> Sequence[Request]:
        """The next shard, now with `replica`."""
        shard = self._again.popleft() if self._again else self._next()
        self._out[replica] = shard
        return list(shard.requests.values())

    def answered(self, replica: int, keys: Iterable[RequestKey]) -> None:
        """Part of what `replica` has is answered."""
        for key in keys:
            self._out[replica].requests.pop(key, None)

    def done(self, replica: int) -> None:
        """`replica` has answered all that it will."""
        self._out.pop(replica, None)

    def lost(self, replica: int) -> Request | None:
        """`replica` is lost. The request that is given up, where it is one that no replica has survived."""
        shard = self._out.pop(replica, _Shard({}))
        left = list(shard.requests.values())
        if len(left) == 1 and shard.losses + 1 == MOST_LOSSES:
            return left[0]
        if len(left) == 1:
            self._again.appendleft(_Shard(shard.requests, shard.losses + 1))
        elif left:
            middle = len(left) // 2
            self._again.extendleft((_Shard.of(left[middle:]), _Shard.of(left[:middle])))
        return None

    def _next(self) -> _Shard:
        left = len(self._requests) - self._sent
        size = min(MOST, max(LEAST, left // (2 * self._replicas)))
        self._sent += size
        return _Shard.of(self._requests[self._sent - size : self._sent])
