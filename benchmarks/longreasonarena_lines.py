"""How fast executed lines are counted: the official tracer against ours, and ours over several processes.

python benchmarks/longreasonarena_lines.py [FOLDER] [--rows 42] [--processes 2]

FOLDER (by default beside the project) holds problems.jsonl and generated_lvl3.jsonl. Times are of the processor, best
of four; all counts must agree.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

from mmeval_tasks.longreasonarena.generation import driver
from mmeval_tasks.longreasonarena.generation.attempts import MOST_LINES, sandbox

Case: TypeAlias = tuple[str, dict[str, Any]]
Counting: TypeAlias = Callable[[Callable[..., Any], dict[str, Any]], int | None]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "longreasonarena"

TURNS = 4


class Official:
    """A bound method that returns itself and counts line events, as the authors' script has it."""

    def __init__(self) -> None:
        self.lines = 1

    def trace(self, frame: Any, event: str, argument: Any) -> Any:
        if event == "line":
            self.lines += 1
        return self.trace


def official(function: Callable[..., Any], arguments: dict[str, Any]) -> int:
    """The published count: 2 and the line events."""
    counter = Official()
    sys.settrace(counter.trace)
    try:
        function(**arguments)
    finally:
        sys.settrace(None)
    return counter.lines + 1


def ours(function: Callable[..., Any], arguments: dict[str, Any]) -> int | None:
    """The generator's way."""
    return driver.executed_lines(function, arguments, MOST_LINES)


def read(folder: Path, rows: int) -> list[Case]:
    """Programs and inputs; the one program that draws random numbers is left out."""
    problems = {row["problem"]: row for row in _lines(folder / "problems.jsonl")}
    found = [(problems[row["problem"]], row["input"]) for row in _lines(folder / "generated_lvl3.jsonl")]
    return [(problem["code"], given) for problem, given in found if problem["idx"] != 584][:rows]


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def timed(ways: list[Counting], cases: list[Case]) -> list[tuple[list[int | None], float]]:
    """Counts and processor seconds of each way: the best of several, in turns, since other work slows all alike."""
    found: list[tuple[list[int | None], float]] = [([], 0.0) for _ in ways]
    for source, given in cases:
        driver.solve(source, given)
        taken: list[list[float]] = [[] for _ in ways]
        lines: list[int | None] = [None] * len(ways)
        for turn in range(TURNS * len(ways)):
            way = turn % len(ways)
            function, arguments = driver._main(source), copy.deepcopy(given)
            start = time.process_time()
            lines[way] = ways[way](function, arguments)
            taken[way].append(time.process_time() - start)
        found = [([*counts, lines[way]], best + min(taken[way])) for way, (counts, best) in enumerate(found)]
    return found


def in_processes(cases: list[Case], processes: int) -> float:
    """Wall seconds to count all cases in sandboxed workers."""
    with sandbox() as box:

        def count(part: list[Case]) -> None:
            with box.session() as session:
                for source, given in part:
                    assert session.call("count", source, given, MOST_LINES, seconds=60).ok

        start = time.perf_counter()
        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(count, [cases[first : first + 2] for first in range(0, len(cases), 2)]))
        return time.perf_counter() - start


def main() -> None:
    """Print lines per second of each way of counting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA)
    parser.add_argument("--rows", type=int, default=42)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    cases = read(options.folder, options.rows)
    (expected, slow), (counts, fast) = timed([official, ours], cases)
    total = sum(count or 0 for count in counts)
    print(f"{len(cases)} programs, {total:,} lines, CPython {sys.version.split()[0]}")
    print(f"counts equal: {counts == expected}")
    print(f"official tracer {total / slow / 1e6:6.2f} M lines/s")
    print(f"ours            {total / fast / 1e6:6.2f} M lines/s, {slow / fast:.2f} times as fast")
    walls = {processes: in_processes(cases, processes) for processes in (1, options.processes)}
    for processes, wall in walls.items():
        rate = total / wall / 1e6
        print(f"{processes} sandboxed process(es): {rate:6.2f} M lines/s of wall time, {walls[1] / wall:.2f} times")


if __name__ == "__main__":
    main()
