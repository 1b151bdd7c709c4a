"""What a `process_docs` may know of the rows that it is given, and say about what it did with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reading:
    """A split that is being read. `local` says whether its rows are those of local files.

    A `process_docs` that brings another layout into the task's puts the name of what did so into `adapters`, and what
    the user should know of the rows into `notes`.
    """

    local: bool = False
    adapters: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_CURRENT: ContextVar[Reading | None] = ContextVar("reading", default=None)


def current() -> Reading:
    """What is being read; of a hub where nobody says so (lm-eval calls the same functions)."""
    return _CURRENT.get() or Reading()


@contextmanager
def reading(*, local: bool) -> Iterator[Reading]:
    """Within, `current` is a new reading."""
    made = Reading(local)
    token = _CURRENT.set(made)
    try:
        yield made
    finally:
        _CURRENT.reset(token)
