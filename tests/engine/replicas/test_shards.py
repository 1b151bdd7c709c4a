"""The scheduler: whatever the order of answers and losses, each request is answered exactly once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.engine.replicas import Replicas
from mmeval.engine.replicas.crew import Heard
from mmeval.engine.replicas.model import MOST_IN_A_ROW
from mmeval.engine.replicas.shards import LEAST, MOST, MOST_LOSSES, Shards
from mmeval.errors import IncompleteRunError
from mmeval.types import Failure, Generate, Generation, Prompt, Request, RequestKey


def asked(count: int) -> list[Request]:
    return [Request(RequestKey("t", str(row)), Generate(Prompt.of("q")), "") for row in range(count)]


class Scripted:
    """A crew whose replicas answer, end shards and are lost as `steps` draws; those of `deadly` end any replica.

    Where a lost replica is replaced it is free at once (as Ray's), or when it has loaded (as a process).
    """

    def __init__(self, replicas: int, steps: Any, deadly: frozenset[str] = frozenset()) -> None:
        self.names = [f"r{number}" for number in range(replicas)]
        self.shards: list[int] = []
        self._steps, self._deadly = steps, deadly
        self._busy: dict[int, deque[Request]] = {}
        self._loading: list[int] = []
        self._chance_losses = 10

    def start(self) -> Mapping[str, Any]:
        return {}

    def send(self, replica: int, requests: Sequence[Request]) -> None:
        assert requests
        assert replica not in self._busy
        assert replica not in self._loading
        self.shards.append(len(requests))
        self._busy[replica] = deque(requests)

    def hear(self) -> Heard:
        replica = self._steps.choice([*self._busy, *self._loading])
        if replica in self._loading:
            self._loading.remove(replica)
            return Heard(replica, free=True)
        left = self._busy[replica]
        if not left:
            del self._busy[replica]
            return Heard(replica, free=True)
        by_chance = self._chance_losses > 0 and self._steps.random() < 0.2
        if left[0].key.sample_id in self._deadly or by_chance:
            self._chance_losses -= by_chance
            del self._busy[replica]
            at_once = self._steps.random() < 0.5
            self._loading += [] if at_once else [replica]
            return Heard(replica, lost="killed", free=at_once)
        some = [left.popleft() for _ in range(self._steps.randint(1, len(left)))]
        alive = [request for request in some if request.key.sample_id not in self._deadly]
        left.extendleft(request for request in some if request.key.sample_id in self._deadly)
        return Heard(replica, tuple((request.key, Generation(f"by {replica}")) for request in alive))

    def close(self) -> None:
        pass


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(0, 700),
    replicas=st.integers(1, 9),
    steps=st.randoms(use_true_random=False),
    deadly=st.sets(st.integers(0, 700).map(str), max_size=3),
)
def test_each_request_is_answered_exactly_once(count: int, replicas: int, steps: Any, deadly: set[str]) -> None:
    told: list[str] = []
    answers = list(Replicas(Scripted(replicas, steps, frozenset(deadly)), told.append).answer(iter(asked(count))))
    times = Counter(key.sample_id for key, _ in answers)
    assert times == Counter(str(row) for row in range(count))
    failed = {key.sample_id for key, response in answers if isinstance(response, Failure)}
    assert deadly & times.keys() <= failed
    assert all("sent again" in line for line in told)
    assert len(told) >= MOST_LOSSES * len(failed)


@given(count=st.integers(1, 5000), replicas=st.integers(1, 64))
def test_shards_become_smaller_and_are_bounded(count: int, replicas: int) -> None:
    shards, sizes, order = Shards(asked(count), replicas), [], []
    while shards.waiting:
        shard = shards.take(0)
        sizes.append(len(shard))
        order += [request.key for request in shard]
        shards.done(0)
    assert order == [request.key for request in asked(count)]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) <= MOST
    assert min(sizes[:-1], default=LEAST) >= LEAST
    assert shards.finished


def test_no_replica_waits_while_there_is_work() -> None:
    shards = Shards(asked(100), 8)
    assert [len(shards.take(replica)) for replica in range(8)] == [LEAST] * 8


def test_what_was_lost_goes_first_in_halves_down_to_the_request_that_did_it() -> None:
    shards = Shards(asked(4), 1)
    shards.take(0)
    shards.answered(0, [RequestKey("t", "1")])
    seen = []
    given_up = None
    while given_up is None:
        given_up = shards.lost(0)
        if given_up is None:
            seen.append([request.key.sample_id for request in shards.take(0)])
    assert seen == [["0"], ["0"], ["0"]]
    assert given_up.key.sample_id == "0"
    assert [request.key.sample_id for request in shards.take(0)] == ["2", "3"]


class Doomed(Scripted):
    """A crew whose replicas answer nothing."""

    def hear(self) -> Heard:
        replica, _ = self._busy.popitem()
        return Heard(replica, lost="out of memory", free=True)


def test_replicas_that_are_all_lost_end_the_run() -> None:
    with pytest.raises(IncompleteRunError, match=f"{MOST_IN_A_ROW} replicas in a row .* out of memory"):
        list(Replicas(Doomed(2, None)).answer(asked(1000)))


def test_a_last_few_requests_that_no_replica_survives_are_listed_as_failed() -> None:
    """A resumed run must come to its end."""
    answers = list(Replicas(Doomed(1, None)).answer(asked(LEAST)))
    assert len(answers) == LEAST
    assert all(isinstance(response, Failure) for _, response in answers)
