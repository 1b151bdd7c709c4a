"""Lines, bars and what a closed or narrow stream does to them."""

from __future__ import annotations

import io
import os
import sys

import pytest

from mmeval.console import BarProgress, Console, LineProgress, Stage
from mmeval.report.table import Column, Table


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """Text that says it goes to a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard output and error as one terminal, 120 columns wide, for the rest of a test."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    return screen


def test_results_and_messages_are_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.out("result")
    console.note("note")
    console.warn("two\n lines")
    console.error("problem", "way out")
    assert capsys.readouterr() == ("result\n", "note\nwarning: two lines\nerror: problem\nhint: way out\n")


def test_a_line_is_noted_once(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    for _ in range(3):
        console.note("same")
        console.warn("same")
    assert capsys.readouterr().err == "same\nwarning: same\n"


@pytest.mark.parametrize(
    ("level", "lines"),
    [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1), ("CRITICAL", 0)],
)
def test_levels(capsys: pytest.CaptureFixture[str], level: str, lines: int) -> None:
    console = Console()
    console.level = level
    console.trace(ValueError("x"))
    console.note("note")
    console.warn("warning")
    console.error("error")
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_lines_at_the_end_of_a_stage_and_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress = LineProgress(Console(), clock)
    progress.start("answering", 100, done=20)
    for _ in range(40):
        clock.now += 3
        progress.advance(2, tokens=30)
    progress.finish()
    assert capsys.readouterr().err.splitlines() == [
        "answering: 60 of 100, 1 min left, 10 tokens/s",
        "answering: 100 of 100, 0.0 s left, 10 tokens/s",
        "answering: 100 of 100, 2 min, 10 tokens/s",
    ]


@pytest.mark.parametrize(
    ("steps", "seconds", "left"),
    [(0, 10, ""), (10, 5, "45 s left"), (10, 1, "9.0 s left"), (1, 60, "1 h 39 min left"), (120, 60, "0.0 s left")],
)
def test_time_left(steps: int, seconds: float, left: str) -> None:
    assert Stage("", 100, 0, 0.0, steps).left(seconds) == left


def test_follow_ups_make_the_total_larger() -> None:
    assert Stage("answering", 10, 5, 0.0, steps=7).count == "answering: 12 of 12"


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    clock = Clock()
    progress = BarProgress(Console(), clock)
    progress.start("answering", 10)
    clock.now += 2
    progress.advance(10, tokens=500)
    progress.note("something [bold] happened")
    progress.finish()
    progress.finish()
    text = terminal.getvalue()
    assert "answering" in text
    assert "10/10" in text
    assert "250 tokens/s" in text
    assert "something [bold] happened" in text


def test_an_error_takes_the_bar_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    console = Console()
    progress = console.progress()
    assert isinstance(progress, BarProgress)
    progress.start("answering", 10)
    console.error("it stopped")
    assert terminal.getvalue().rstrip().endswith("error: it stopped")


@pytest.mark.parametrize(("level", "term"), [("WARNING", "xterm"), ("INFO", "dumb")])
def test_no_bars_where_they_are_not_wanted(monkeypatch: pytest.MonkeyPatch, level: str, term: str) -> None:
    on_terminal(monkeypatch)
    monkeypatch.setenv("TERM", term)
    console = Console()
    console.level = level
    assert isinstance(console.progress(), LineProgress)


def test_tables_are_ruled_on_a_terminal_and_markdown_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    table = Table((Column("Tasks"), Column("Value", right=True)), (("a [b]", "0.5"),))
    monkeypatch.setenv("COLUMNS", "10")
    Console().table(table)
    assert "a [b]  " in terminal.getvalue()
    assert "0.5" in terminal.getvalue()
    assert "|" not in terminal.getvalue()
    monkeypatch.setattr(sys, "stdout", plain := io.StringIO())
    Console().table(table)
    assert plain.getvalue() == "|Tasks|Value|\n|-----|----:|\n|a [b]|  0.5|\n"


def test_a_closed_pipe_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        Console().out("nobody reads this")
        Console().out("nor this")


def test_what_the_stream_cannot_encode_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Console().out("0.5 ± 0.1")
    assert raw.getvalue() == b"0.5 ? 0.1\n"
