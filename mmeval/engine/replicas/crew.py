"""What hands requests to replicas and hears from them, wherever they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from mmeval.engine.footprint import Footprint
from mmeval.types import Request, RequestKey, Response

Answer: TypeAlias = tuple[RequestKey, Response]


@dataclass(frozen=True, slots=True)
class Heard:
    """News of the replica with the number `replica`: answers, that it is free for more, or why it was lost.

    `took` is what its process took until then, told at the end of a shard.
    """

    replica: int
    answers: tuple[Answer, ...] = ()
    free: bool = False
    lost: str = ""
    took: Footprint | None = None


class Crew(Protocol):
    """Replicas by number, each with a model of its own. One that is lost is replaced and has its number."""

    @property
    def names(self) -> Sequence[str]:
        """What messages call the replicas."""

    def start(self) -> Mapping[str, Any]:
        """Begin: all replicas are free then. What the model says of itself. Raises what a model raises."""

    def send(self, replica: int, requests: Sequence[Request]) -> None:
        """Have a free replica answer these."""

    def hear(self) -> Heard:
        """Wait for the next news. Raises what a model raises."""

    def close(self) -> None:
        """End all replicas, also in the middle of what they do."""
