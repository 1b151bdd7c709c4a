"""The only writer to the terminal: results to stdout, everything else to stderr.

On a terminal there are bars and ruled tables; elsewhere plain lines, at most one a minute while a stage runs.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from mmeval.engine.progress import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from mmeval.report.table import Table

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
QUIET_SECONDS = 60.0
_ANY_WIDTH = 10_000


class Console:
    """Where a command writes. `level` is the least urgent kind of message that is shown (a name in `LEVELS`)."""

    def __init__(self) -> None:
        self.level = "INFO"
        self._said: set[str] = set()
        self._bars: BarProgress | None = None

    def out(self, text: str) -> None:
        """A result, as it is."""
        _write(sys.stdout, text)

    def table(self, table: Table) -> None:
        """A table of results."""
        if _is_terminal(sys.stdout):
            _print_ruled(table)
        else:
            from mmeval.report.table import markdown

            self.out(markdown(table))

    def note(self, line: str) -> None:
        """What the user should know while waiting, in one line; the same line is shown once."""
        if line not in self._said:
            self._said.add(line)
            self.tell(line)

    def tell(self, line: str) -> None:
        """A line about progress, which may repeat itself."""
        self._log("INFO", line)

    def warn(self, line: object) -> None:
        """Something that is left out or done otherwise; the same line is shown once."""
        text = f"warning: {one_line(str(line))}"
        if text not in self._said:
            self._said.add(text)
            self._log("WARNING", text)

    def error(self, problem: str, hint: str = "") -> None:
        """Why a command ends, and what to do."""
        self.close()
        self._log("ERROR", f"error: {one_line(problem)}")
        if hint:
            self._log("ERROR", f"hint: {one_line(hint)}")

    def trace(self, error: BaseException) -> None:
        """The traceback of what ended a command, for `--verbosity DEBUG`."""
        self._log("DEBUG", "".join(traceback.format_exception(error)).rstrip())

    def progress(self) -> Progress:
        """What a run tells its stages to."""
        if LEVELS.index(self.level) <= LEVELS.index("INFO") and _is_terminal(sys.stderr):
            self._bars = BarProgress(self)
            return self._bars
        return LineProgress(self)

    def notes(self) -> Progress:
        """For commands that are over in a moment: notes are shown, stages are not."""
        return _Notes(self)

    def close(self) -> None:
        """Take away bars that are still on the screen."""
        if self._bars is not None:
            self._bars.finish()

    def _log(self, level: str, text: str) -> None:
        if LEVELS.index(level) >= LEVELS.index(self.level):
            _write(sys.stderr, text)


def one_line(text: str) -> str:
    """`text` with every run of white space made one space."""
    return " ".join(text.split())


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text + "\n")
        stream.flush()
    except UnicodeEncodeError:
        known = text.encode(stream.encoding, "replace").decode(stream.encoding)
        stream.write(known + "\n")
        stream.flush()
    except BrokenPipeError:  # the reader (`| head`) has enough; the command goes on to its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _print_ruled(table: Table) -> None:
    from rich import box
    from rich.console import Console as RichConsole
    from rich.table import Table as Ruled
    from rich.text import Text

    ruled = Ruled(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in table.columns:
        ruled.add_column(column.title, justify="right" if column.right else "left", no_wrap=True)
    for number, row in enumerate(table.rows):
        ruled.add_row(*(Text(cell) for cell in row), style="dim" if number in table.grey else None)
    # As wide as it is: on a narrow screen whole lines wrap, which reads better than cells that do.
    RichConsole(file=sys.stdout, width=_ANY_WIDTH).print(ruled)


# ---------------------------------------------------------------- progress


@dataclass
class Stage:
    """A stage under way: steps done of `total`, of which `before` were done by an earlier run; times in seconds."""

    name: str
    total: int
    before: int
    began: float
    steps: int = 0
    tokens: int = 0

    @property
    def count(self) -> str:
        """`answering: 30 of 200`; follow-ups may have made the total larger than it was at the start."""
        done = self.before + self.steps
        return f"{self.name}: {done} of {max(self.total, done)}"

    def rate(self, now: float) -> str:
        """Tokens per second so far; empty where tokens are not known."""
        seconds = now - self.began
        return f"{self.tokens / seconds:.0f} tokens/s" if self.tokens and seconds > 0 else ""

    def left(self, now: float) -> str:
        """The time that the rest takes at the speed so far."""
        if not self.steps:
            return ""
        rest = max(0, self.total - self.before - self.steps)
        return f"{_duration((now - self.began) / self.steps * rest)} left"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class _Notes(Silent):
    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, line: str) -> None:
        self._console.note(line)


class LineProgress:
    """Progress in lines: one at the end of each stage, and one a minute until then."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._stage = Stage("", 0, 0, 0.0)
        self._spoke = 0.0

    def note(self, line: str) -> None:
        """Say the line."""
        self._console.note(line)

    def start(self, stage: str, total: int, done: int = 0) -> None:
        """Begin to count."""
        self._spoke = self._clock()
        self._stage = Stage(stage, total, done, self._spoke)

    def advance(self, steps: int = 1, tokens: int = 0) -> None:
        """Count, and speak when a minute has passed."""
        self._stage.steps += steps
        self._stage.tokens += tokens
        now = self._clock()
        if now - self._spoke >= QUIET_SECONDS:
            self._spoke = now
            self._say(now, self._stage.left(now))

    def finish(self) -> None:
        """Say how long it took."""
        now = self._clock()
        self._say(now, _duration(now - self._stage.began))

    def _say(self, now: float, when: str) -> None:
        self._console.tell(", ".join(filter(None, (self._stage.count, when, self._stage.rate(now)))))


class BarProgress:
    """Progress as a bar with steps, tokens per second and the time left. A line that is said stands above it."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._stage = Stage("", 0, 0, 0.0)
        self._bars: Bars | None = None

    def note(self, line: str) -> None:
        """Say the line."""
        self._console.note(line)

    def start(self, stage: str, total: int, done: int = 0) -> None:
        """Show a new bar."""
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.finish()
        self._stage = Stage(stage, total, done, self._clock())
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=RichConsole(file=sys.stderr),
            redirect_stdout=False,
        )
        self._bars.add_task(stage, total=total, completed=done, rate="")
        self._bars.start()

    def advance(self, steps: int = 1, tokens: int = 0) -> None:
        """Move the bar."""
        self._stage.steps += steps
        self._stage.tokens += tokens
        if self._bars is not None:
            task = self._bars.tasks[0].id
            self._bars.update(task, advance=steps, rate=self._stage.rate(self._clock()))

    def finish(self) -> None:
        """Leave the bar on the screen as it is."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
