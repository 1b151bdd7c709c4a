"""What a worker may use, and how a call to it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one worker process.

    `memory_bytes` is address space; `reply_bytes` the JSON text of one answer. A worker is replaced before it has
    used `cpu_seconds` in all, and killed when it has. A call may take `wall_factor` times its processor seconds
    (at least `wall_minimum`) of real time, since the machine may be busy.
    """

    memory_bytes: int = 2 * 1024**3
    cpu_seconds: int = 600
    reply_bytes: int = 64 * 1024**2
    recursion: int = 10_000
    stack_bytes: int = 128 * 1024**2
    wall_factor: float = 5.0
    wall_minimum: float = 5.0

    def wall_seconds(self, seconds: float) -> float:
        """How long to wait for a call that may use `seconds` of processor time."""
        return max(self.wall_minimum, self.wall_factor * seconds)


@dataclass(frozen=True, slots=True)
class Reply:
    """How one call ended.

    `value` is set for ending `value`; `error` says in one line what happened otherwise. `attempts` names what the
    code tried and was refused (audit events: `open`, `os.fork`, `socket.__new__`, ...), whatever the ending.
    """

    ending: Literal["value", "raised", "timeout", "memory", "too_large", "died"]
    value: Any = None
    error: str = ""
    attempts: tuple[str, ...] = ()
    cpu_seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.ending == "value"
