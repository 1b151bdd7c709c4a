"""`mmeval score-file TASK FILE`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import click

from mmeval.cli.options import config_of, data_options
from mmeval.console import Console
from mmeval.errors import UsageError


@runtime_checkable
class ScoresFiles(Protocol):
    """A task that scores answers made elsewhere."""

    def score_file(self, rows: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
        """The verdict on each row, in order: JSON data, or a mapping that has it as `verdict` beside other findings.

        A row says which sample it answers, and how.
        """


@click.command("score-file", params=data_options())
@click.argument("task")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def command(console: Console, /, task: str, file: Path, **options: Any) -> int:
    """Score answers that stand in a file.

    Prints one JSON line per row of FILE with its verdict; where rows have `expected`, also whether the verdict is that,
    and the exit code is 1 if one is not.
    """
    from mmeval.catalog import Catalog
    from mmeval.data.files import read_rows, readable
    from mmeval.report.files import jsonable
    from mmeval.selection import select

    if not readable(file):
        raise UsageError(f"{file} is not a file of rows", hint="JSON lines (.jsonl), .json and .csv are read")
    config = config_of(tasks=task, model="none", **options)
    tasks = select(Catalog(config.include_path, console.note), config).tasks
    if len(tasks) != 1 or not isinstance(tasks[0], ScoresFiles):
        raise UsageError(f"'{task}' does not score files", hint="a task that does has a method score_file(rows)")
    rows = read_rows([file])
    agreed = [
        _tell(console, number, jsonable(verdict), row.get("expected"))
        for number, (row, verdict) in enumerate(zip(rows, tasks[0].score_file(rows), strict=True), start=1)
    ]
    known = [each for each in agreed if each is not None]
    if known:
        console.note(f"{sum(known)} of {len(known)} verdicts are the expected ones")
    return int(not all(known))


def _tell(console: Console, number: int, verdict: Any, expected: Any) -> bool | None:
    """Print a verdict; whether it is the expected one (None: nothing is expected)."""
    found = verdict if isinstance(verdict, Mapping) and "verdict" in verdict else {"verdict": verdict}
    line: dict[str, Any] = {"row": number, **found}
    agrees = None if expected is None else line["verdict"] == expected
    if agrees is not None:
        line |= {"expected": expected, "agrees": agrees}
    console.out(json.dumps(line, ensure_ascii=False))
    return agrees
