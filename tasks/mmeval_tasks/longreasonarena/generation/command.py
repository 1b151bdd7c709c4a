"""`mmeval generate longreasonarena`: instances of any length, with a card that says how they came about."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mmeval.console import Console
from mmeval.data import Dataset
from mmeval.errors import IncompleteRunError, UsageError
from mmeval_tasks.longreasonarena.data import Problems
from mmeval_tasks.longreasonarena.generation.journal import Journal
from mmeval_tasks.longreasonarena.generation.produce import Order, produce, statuses
from mmeval_tasks.longreasonarena.generation.programs import Programs, UnusableProblemError
from mmeval_tasks.longreasonarena.generation.selection import LEVELS
from mmeval_tasks.longreasonarena.source import PROBLEMS, SHA256, Source, file_hashes
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
        line = shlex.join(["mmeval", "generate", "longreasonarena", *argv])
        raise IncompleteRunError("interrupted; finished attempts are kept", hint=f"go on with: {line}") from None
    return int(code or 0)


@click.command()
@click.option("--level", type=click.IntRange(1, 3), default=3, show_default=True)
@click.option("--lines", nargs=2, type=click.IntRange(100, 1_000_000), help="a band LOW HIGH of its own, HIGH excluded")
@click.option("--count", type=click.IntRange(1), default=500, show_default=True, help="rows wanted")
@click.option("--seed", type=int, default=42, show_default=True)
@click.option(
    "--problems",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="problem definitions (default: the authors')",
)
@click.option(
    "--max_attempts", "--max-attempts", type=click.IntRange(1), default=48, show_default=True, help="per problem"
)
@click.option("--max_answer_tokens", "--max-answer-tokens", type=click.IntRange(1), help="drop longer references")
@click.option("--tokenizer", help="count tokens with this tokenizer (default: an estimate)")
@click.option("--equal_bins", "--equal-bins", is_flag=True, help="as many rows in each half decade of lines")
@click.option(
    "--allow_code_execution",
    "--allow-code-execution",
    is_flag=True,
    help="run, in the sandbox, programs of another FILE than the authors'",
)
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
    equal_bins: bool,
    allow_code_execution: bool,
    workers: int,
    output: Path,
) -> int:
    """Generate LongReasonArena instances of one level, in sandboxed workers.

    Writes generated_lvl<LEVEL>.jsonl for the tasks longreasonarena_gen_lvl1 to _lvl3 (generated_lines.jsonl, for
    longreasonarena_gen, with --lines) and a card that says how the rows came about. What was tried is kept beside them:
    a stopped generation goes on when it is called again, and another level of the same seed starts from it.
    """
    if lines is not None and lines[0] >= lines[1]:
        raise click.BadParameter(f"{lines[0]} is not below {lines[1]}", param_hint="--lines")
    name = f"generated_lvl{level}" if lines is None else "generated_lines"
    order = Order(lines or LEVELS[level], count, seed, max_attempts, max_answer_tokens, equal_bins)
    dataset = _definitions(problems, allow_code_execution)
    programs, refused = _programs(dataset)
    python = platform.python_version()
    settings = {"seed": seed, "python": python, "tokenizer": tokenizer, "problems": file_hashes(dataset)}
    journal = _journal(output, settings)
    console = Console()
    try:
        rows = produce(order, programs, journal, counter(tokenizer), workers, console.progress())
    finally:
        console.close()
    _write(output / f"{name}.jsonl", rows)
    card = _card(order, settings, rows, journal, refused)
    (output / f"{name}.card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{output / name}.jsonl: {len(rows)} of {count} rows; line counts: {card['line_counts']}")
    return 0


def _definitions(file: Path | None, allow_code: bool) -> Dataset:
    """The problem definitions. Programs that are not the authors' run only where the user says so."""
    dataset = Source().dataset(PROBLEMS, str(file) if file else None)
    if not allow_code and SHA256[f"{PROBLEMS}.jsonl"] not in file_hashes(dataset).values():
        raise UsageError(
            f"{file} is not the published file: its programs are anybody's code",
            hint="--allow_code_execution runs them in the sandbox",
        )
    return dataset


def _programs(dataset: Dataset) -> tuple[list[Programs], dict[int, str]]:
    """The usable problems, and why others are not."""
    usable: list[Programs] = []
    refused: dict[int, str] = {}
    for problem in Problems.of(dataset):
        try:
            usable.append(Programs.of(problem))
        except UnusableProblemError as error:
            refused[problem.idx] = str(error)
    if not usable:
        raise UsageError("no problem has a generator and a solution that may run")
    return usable, refused


def _journal(folder: Path, settings: Mapping[str, Any]) -> Journal:
    """The attempts of all levels: they depend on the seed alone, and the next level finds those of this one."""
    try:
        return Journal(folder / "generated.attempts.jsonl", settings)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error


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
