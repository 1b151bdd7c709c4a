"""`mmeval generate longreasonarena`: instances of any length, with a card that says how they came about."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mmeval.errors import IncompleteRunError, UsageError
from mmeval_tasks.longreasonarena.data import Problems
from mmeval_tasks.longreasonarena.generation.journal import Journal
from mmeval_tasks.longreasonarena.generation.produce import Order, produce, statuses
from mmeval_tasks.longreasonarena.generation.programs import Programs, UnusableProblemError
from mmeval_tasks.longreasonarena.generation.selection import LEVELS
from mmeval_tasks.longreasonarena.source import PROBLEMS, REVISION, Source
from mmeval_tasks.longreasonarena.tokens import counter

_COMPARABLE = {
    (3, 10): "the interpreter behind the published counts",
    (3, 11): "equal to the published counts, or 2 higher",
}
_NOT_COMPARABLE = "comprehensions count fewer lines than on CPython 3.10: do not mix with published counts"


def generate(argv: list[str]) -> int:
    """Run with the options `argv`; the exit code. Raises MmevalErrors for the command line to print."""
    try:
        code = _command.main(argv, prog_name="mmeval generate longreasonarena", standalone_mode=False)
    except click.ClickException as error:
        raise UsageError(error.format_message(), hint="see: mmeval generate longreasonarena --help") from error
    except (KeyboardInterrupt, click.Abort):
        line = " ".join(["mmeval generate longreasonarena", *argv])
        raise IncompleteRunError("interrupted; finished attempts are kept", hint=f"go on with: {line}") from None
    return int(code or 0)


@click.command()
@click.option("--level", type=click.IntRange(1, 3), default=3, show_default=True)
@click.option("--lines", nargs=2, type=click.IntRange(100, 1_000_000), help="a band LOW HIGH of its own, HIGH excluded")
@click.option("--count", type=click.IntRange(1), default=500, show_default=True, help="rows wanted")
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--problems", type=click.Path(path_type=Path), help="problem definitions (default: the authors')")
@click.option(
    "--max_attempts", "--max-attempts", type=click.IntRange(1), default=48, show_default=True, help="per problem"
)
@click.option("--max_answer_tokens", "--max-answer-tokens", type=click.IntRange(1), help="drop longer references")
@click.option("--tokenizer", help="count tokens with this tokenizer (default: an estimate)")
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="processors")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="folder to write to")
def _command(
    level: int,
    lines: tuple[int, int] | None,
    count: int,
    seed: int,
    problems: Path | None,
    max_attempts: int,
    max_answer_tokens: int | None,
    tokenizer: str | None,
    workers: int,
    output: Path,
) -> int:
    """Generate LongReasonArena instances of one level, in sandboxed workers.

    Writes generated_lvl<LEVEL>.jsonl (generated_lines.jsonl with --lines) with a card beside it, for the tasks
    longreasonarena_gen_lvl1 to _lvl3. Call it again with the same options to go on with a stopped generation.
    """
    name = f"generated_lvl{level}" if lines is None else "generated_lines"
    order = Order(lines or LEVELS[level], count, seed, max_attempts, max_answer_tokens)
    programs, refused = _programs(problems)
    settings = {"seed": seed, "python": platform.python_version(), "tokenizer": tokenizer, "problems": len(programs)}
    journal = Journal(output / f"{name}.attempts.jsonl", settings)
    with _Bar() as bar:
        rows = produce(order, programs, journal, counter(tokenizer), workers, bar.advance)
    _write(output / f"{name}.jsonl", rows)
    card = _card(order, settings, rows, journal, refused)
    (output / f"{name}.card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{len(rows)} of {count} rows in {output / name}.jsonl; lines: {card['line_counts']}", err=True)
    return 0


def _programs(file: Path | None) -> tuple[list[Programs], dict[int, str]]:
    """The usable problems, and why others are not."""
    usable: list[Programs] = []
    refused: dict[int, str] = {}
    for problem in Problems.of(Source().dataset(PROBLEMS, str(file) if file else None)):
        try:
            usable.append(Programs.of(problem))
        except UnusableProblemError as error:
            refused[problem.idx] = str(error)
    if not usable:
        raise UsageError("no problem has a generator and a solution that may run")
    return usable, refused


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    partial.replace(path)


def _card(
    order: Order,
    settings: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    journal: Journal,
    refused: Mapping[int, str],
) -> dict[str, Any]:
    """What somebody who finds the file must know."""
    return {
        "published": False,
        "note": "generated instances; never report them as the published LongReasonArena sets",
        "problems_revision": REVISION,
        **asdict(order),
        **settings,
        "tokens": settings["tokenizer"] or "estimated",
        "line_method": "sys.settrace, 2 + line events",
        "line_counts": _COMPARABLE.get(sys.version_info[:2], _NOT_COMPARABLE),
        "rows": len(rows),
        "problems_used": len({row["idx"] for row in rows}),
        "attempts": dict(statuses(journal)),
        "refused_problems": dict(refused),
    }


class _Bar:
    """A progress bar on the terminal's error stream; nothing where that is no terminal."""

    def __enter__(self) -> _Bar:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("attempts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("attempts", total=None)
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, done: int, planned: int) -> None:
        """`done` of the `planned` attempts of this round have finished."""
        self._progress.update(self._task, completed=done, total=planned)
