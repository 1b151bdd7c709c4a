"""How a run tells what it is doing. The command line shows bars; the Python API is silent unless asked."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by the engine; must not raise."""

    def note(self, line: str) -> None:
        """Something that the user should know, in one line."""

    def start(self, stage: str, total: int, done: int = 0) -> None:
        """A stage of `total` steps begins; `done` of them were done by an earlier run."""

    def advance(self, steps: int = 1, tokens: int = 0) -> None:
        """`steps` more are done; they read and wrote `tokens` tokens (0 where the model does not tell)."""

    def finish(self) -> None:
        """The stage that was started last is over."""


class Silent:
    """Says nothing."""

    def note(self, line: str) -> None:
        """Drop the line."""

    def start(self, stage: str, total: int, done: int = 0) -> None:
        """Ignore the stage."""

    def advance(self, steps: int = 1, tokens: int = 0) -> None:
        """Ignore the steps."""

    def finish(self) -> None:
        """Ignore the end."""
