"""`Replicas`: a crew of replicas behind the one `Model` that the engine sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, reduce
from typing import Any

from mmeval.engine.footprint import Footprint
from mmeval.engine.replicas.crew import Answer, Crew, Heard
from mmeval.engine.replicas.shards import MOST_LOSSES, Shards
from mmeval.errors import IncompleteRunError
from mmeval.model import Model
from mmeval.types import Failure, Request

MOST_IN_A_ROW = 32
"""So many replicas may be lost without an answer in between: more than `LEAST` requests that are lost alone take."""


class Replicas(Model):
    """Hands requests to a crew in shards, in order, to whoever is free; answers come as they are known.

    What a lost replica had is sent again, and another takes its place; `note` is told in one line.
    """

    def __init__(self, crew: Crew, note: Callable[[str], None] = lambda line: None) -> None:
        self._crew, self._note = crew, note
        self._idle = list(range(len(crew.names)))
        self._lost_in_a_row = 0
        self._took: dict[int, Footprint] = {}

    def info(self) -> Mapping[str, Any]:
        return self._facts

    def answer(self, requests: Iterable[Request]) -> Iterator[Answer]:
        self.info()  # starts the crew where nobody has asked yet
        shards = Shards(list(requests), len(self._crew.names))
        while not shards.finished:
            while self._idle and shards.waiting:
                replica = self._idle.pop(0)
                self._crew.send(replica, shards.take(replica))
            if not shards.finished:
                yield from self._settled(self._crew.hear(), shards)

    @property
    def took(self) -> Footprint:
        """What all replicas have taken, together; of one that was replaced and its successor the more."""
        return reduce(Footprint.beside, self._took.values(), Footprint())

    def close(self) -> None:
        self._crew.close()

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        return self._crew.start()

    def _settled(self, heard: Heard, shards: Shards) -> Iterator[Answer]:
        if heard.answers:
            self._lost_in_a_row = 0
            yield from heard.answers
            shards.answered(heard.replica, (key for key, _ in heard.answers))
        if heard.lost:
            self._count_loss(heard)
            given_up = shards.lost(heard.replica)
            if given_up is not None:
                yield given_up.key, Failure(f"{MOST_LOSSES} replicas were lost to this request: {heard.lost}")
        if heard.took:
            self._took[heard.replica] = self._took.get(heard.replica, Footprint()).then(heard.took)
        if heard.free:
            shards.done(heard.replica)
            self._idle.append(heard.replica)

    def _count_loss(self, heard: Heard) -> None:
        name = self._crew.names[heard.replica]
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= MOST_IN_A_ROW:
            raise IncompleteRunError(f"{MOST_IN_A_ROW} replicas in a row were lost, the last on {name}: {heard.lost}")
        self._note(f"the replica on {name} was lost ({heard.lost}); what it had is sent again")
