"""The only writer to the terminal: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
import time
from typing import Any

_PLAIN_EVERY = 60.0


def out(text: str) -> None:
    """A result, to standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Anything else, to standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class PlainProgress:
    """Progress where there is no terminal: a line when a stage ends, and at most one a minute in between."""

    def __init__(self) -> None:
        self._stage, self._done, self._total, self._tokens = "", 0, 0, 0
        self._began = self._told = 0.0

    def note(self, line: str) -> None:
        note(line)

    def start(self, stage: str, total: int, done: int = 0) -> None:
        self._stage, self._done, self._total, self._tokens = stage, done, total, 0
        self._began = self._told = time.monotonic()

    def advance(self, steps: int = 1, tokens: int = 0) -> None:
        self._done += steps
        self._tokens += tokens
        if time.monotonic() - self._told >= _PLAIN_EVERY:
            self._told = time.monotonic()
            self._tell()

    def finish(self) -> None:
        self._tell()

    def _tell(self) -> None:
        seconds = time.monotonic() - self._began
        speed = f", {self._tokens / seconds:.0f} tokens/s" if self._tokens and seconds else ""
        note(f"{self._stage}: {self._done}/{self._total} in {seconds:.1f} s{speed}")


class BarProgress:
    """Progress on a terminal: one bar per stage with tokens per second and the time left."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._tokens, self._began = 0, 0.0

    def note(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            note(line)

    def start(self, stage: str, total: int, done: int = 0) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, TextColumn("{task.fields[speed]}"), console=Console(stderr=True))
        self._bar.add_task(stage, total=total, completed=done, speed="")
        self._tokens, self._began = 0, time.monotonic()
        self._bar.start()

    def advance(self, steps: int = 1, tokens: int = 0) -> None:
        self._tokens += tokens
        seconds = time.monotonic() - self._began
        speed = f"{self._tokens / seconds:.0f} tokens/s" if self._tokens and seconds else ""
        self._bar.update(self._bar.task_ids[0], advance=steps, speed=speed)

    def finish(self) -> None:
        self._bar.stop()
        self._bar = None


def progress() -> PlainProgress | BarProgress:
    """The progress that suits standard error."""
    return BarProgress() if sys.stderr.isatty() else PlainProgress()
