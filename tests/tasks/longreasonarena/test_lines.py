"""Executed lines: counted as published, by a tracer that counts what the plain one counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmeval.sandbox import Sandbox, Session
from mmeval_tasks.longreasonarena.data import Problem
from mmeval_tasks.longreasonarena.generation.attempts import MOST_LINES, sandbox
from mmeval_tasks.longreasonarena.generation.driver import count, executed_lines
from tests.tasks.longreasonarena.conftest import ReadRows, Rows

RANDOM = 584
"""A randomised quicksort: its line count differs from run to run."""


@pytest.fixture(scope="module")
def workers() -> Iterator[Sandbox]:
    with sandbox() as made:
        yield made


@pytest.fixture
def session(workers: Sandbox) -> Iterator[Session]:
    with workers.session() as made:
        yield made


@pytest.fixture(scope="module")
def by_statement(read: ReadRows) -> dict[str, list[Problem]]:
    """Problems by statement: a row may come from either of two that share one."""
    found: dict[str, list[Problem]] = {}
    for row in read("problems"):
        found.setdefault(row["problem"], []).append(Problem.of(row))
    return found


def _recount(session: Session, rows: Rows, by_statement: dict[str, list[Problem]]) -> Counter[int]:
    """Differences to the stored counts, after checking that every output is the stored one."""
    differences: Counter[int] = Counter()
    for row in rows:
        counted = []
        for problem in by_statement[row["problem"]]:
            output = session.call("solve", problem.code, row["input"], seconds=10).value
            lines = session.call("count", problem.code, row["input"], MOST_LINES, seconds=30).value
            if output == row["output"] and problem.idx != RANDOM and lines is not None:
                counted.append(lines - row["line"])
            assert output == row["output"] or len(by_statement[row["problem"]]) > 1
        if counted:
            differences[min(counted, key=abs)] += 1
    return differences


@pytest.mark.slow
def test_level1_counts_reproduce(session: Session, read: ReadRows, by_statement: dict[str, list[Problem]]) -> None:
    differences = _recount(session, read("lvl1"), by_statement)
    assert sum(differences.values()) == 513
    if sys.version_info[:2] == (3, 11):
        assert differences == {0: 469, 2: 44}
    else:
        assert differences[0] >= 240


def test_some_level1_counts_reproduce(session: Session, read: ReadRows, by_statement: dict[str, list[Problem]]) -> None:
    differences = _recount(session, read("lvl1")[::12], by_statement)
    assert set(differences) <= {0, 2} or sys.version_info[:2] != (3, 11)
    assert differences[0] > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", ["generated_lvl2", "generated_lvl3"])
def test_generated_rows_reproduce(
    session: Session, read: ReadRows, by_statement: dict[str, list[Problem]], name: str
) -> None:
    rows = read(name)
    for row in rows:
        (difference, *_) = _recount(session, [row], by_statement) or [0]
        assert abs(difference) <= 0.01 * row["line"]


def _plain_count(function: Callable[..., Any], arguments: dict[str, Any]) -> int:
    """The definition: a tracer that returns itself and counts line events."""
    lines = 1

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    sys.settrace(trace)
    try:
        function(**arguments)
    finally:
        sys.settrace(None)
    return lines + 1


def _recursive(n: int) -> int:
    return n if n < 2 else _recursive(n - 1) + _recursive(n - 2)


def _generators(n: int) -> list[int]:
    def numbers() -> Iterator[int]:
        for number in range(n):
            try:
                yield number
            finally:
                number += 1

    return [x for x in numbers() if any(y == x for y in range(x))]


def _exceptions(n: int) -> int:
    caught = 0
    for number in range(n):
        try:
            {}[number]
        except KeyError:
            caught += 1
    return caught + len(Counter("abc" * n))


@pytest.mark.parametrize("function", [_recursive, _generators, _exceptions])
@pytest.mark.parametrize("n", [0, 1, 7, 12])
def test_every_line_event_counts(function: Callable[[int], Any], n: int) -> None:
    function(n)  # library code that has never run executes more lines once
    assert executed_lines(function, {"n": n}, 10**6) == _plain_count(function, {"n": n})


def test_counting_stops_at_the_limit() -> None:
    def swallow(n: int) -> int:
        total = 0
        for number in range(n):
            try:
                total += number
            except Exception:  # noqa: BLE001  as solutions may
                total = 0
        return total

    exact = _plain_count(swallow, {"n": 50})
    assert executed_lines(swallow, {"n": 50}, exact) == exact
    assert executed_lines(swallow, {"n": 50}, exact - 1) is None
    assert executed_lines(swallow, {"n": 10**5}, 100) is None
    assert sys.gettrace() is None


def test_annotations_are_evaluated_as_published() -> None:
    """Each `List[str]` of an inner function executes lines of the library: the program's own rules decide."""
    source = "class Solution:\n def _main(self, n):\n  def f() -> {}: return n\n  return f()"
    plain, annotated = (count(source.format(kind), {"n": 1}, 1000) for kind in ("int", "List[str]"))
    assert plain == 2 + 3
    assert annotated is not None
    assert annotated > 5


def test_an_error_of_the_program_is_its_own() -> None:
    with pytest.raises(ZeroDivisionError):
        executed_lines(lambda n: 1 // n, {"n": 0}, 1000)
    assert sys.gettrace() is None


def test_the_driver_needs_no_more_than_its_source() -> None:
    source = Path(sys.modules[executed_lines.__module__].__file__ or "").read_text()
    assert "mmeval" not in source.replace("__name__", "")
