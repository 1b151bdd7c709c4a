"""`mmeval compare RUN_A RUN_B [...]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING

import click

from mmeval.cli.options import verbosity
from mmeval.console import Console
from mmeval.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from mmeval.report.compare.compared import Compared


@click.command("compare", params=[verbosity()])
@click.argument("directories", metavar="RUN_A RUN_B [...]", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--across",
    multiple=True,
    metavar="NAMES",
    help="What may differ in the prompts: num_fewshot, fewshot_seed, system_instruction or prompt. Repeatable.",
)
@click.option(
    "--baseline",
    metavar="LETTER|DIR",
    help="The run that all others are compared with, by its place (A, B, ...) or directory; it is shown as A. "
    "[the general one by the model cards, else the first]",
)
@click.option("--metrics", metavar="NAMES", help="Metrics to compare, or 'all'. [the first of each task]")
@click.option("--by", type=click.Choice(["domain"]), help="Put the tasks of a domain together, with their mean gain.")
@click.option("--specialized_in", metavar="DOMAIN", default="", help="Also the gains on and off this domain.")
@click.option(
    "--published",
    multiple=True,
    metavar="SOURCE",
    help="Show published scores beside: 'tasks' for those of the tasks, 'models' for known specialised models, a task "
    "pack's name, or a YAML file. Repeatable.",
)
@click.option(
    "--bootstrap_iters",
    type=click.IntRange(min=100),
    default=10_000,
    show_default=True,
    metavar="N",
    help="Resamples and permutations.",
)
@click.option(
    "--output_path",
    "-o",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write comparison.json, .csv, .md and .html here.",
)
@click.pass_obj
def command(
    console: Console,
    /,
    directories: tuple[Path, ...],
    across: tuple[str, ...],
    baseline: str | None,
    metrics: str | None,
    by: str | None,
    specialized_in: str,
    published: tuple[str, ...],
    bootstrap_iters: int,
    output_path: Path | None,
) -> int:
    """Compare runs of the same tasks, sample by sample.

    Every run is compared with one, which is called A. Runs pair on (task, sample); different samples, targets, data,
    versions or metrics are refused. p-values are exact McNemar or paired permutation tests, corrected over tasks
    (Holm).
    """
    from mmeval.report.compare.cards import check_domain, general
    from mmeval.report.compare.compared import Compared
    from mmeval.report.compare.comparison import compare
    from mmeval.report.compare.listed import listed
    from mmeval.report.compare.output import write
    from mmeval.report.compare.runs import read_run
    from mmeval.report.compare.settings import ACROSS

    if len(directories) < 2:
        raise UsageError("two runs are needed", hint="mmeval compare RUN_A RUN_B")
    allowed = [name for given in across for name in _names(given)]
    for name in allowed:
        if name not in ACROSS:
            raise UnknownNameError("setting", name, ACROSS, hint=f"one of {', '.join(ACROSS)}")
    runs = [read_run(directory) for directory in directories]
    check_domain(runs, specialized_in)
    for source in published:
        listed(source)
    if output_path:
        with _writing(output_path):
            output_path.mkdir(parents=True, exist_ok=True)
    place = general(runs) if baseline is None else _place(baseline, directories)
    first, *others = runs[place], *runs[:place], *runs[place + 1 :]
    compared_runs = partial(compare, metrics=_names(metrics or ""), across=allowed, iters=bootstrap_iters)
    compared = Compared.of(
        [compared_runs(first, other) for other in others],
        specialized_in,
        published,
        compared=compared_runs,
        remarks=[_CHOSEN] if place and baseline is None else (),
        by_domain=by == "domain",
    )
    _show(console, compared)
    if output_path:
        with _writing(output_path):
            for path in write(compared, output_path):
                console.note(f"wrote {path}")
    return int(bool(compared.refusals))


_CHOSEN = "A is the general model by the cards, not the first run; --baseline names another"


def _names(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _place(baseline: str, directories: Sequence[Path]) -> int:
    """Which of the runs is named, by directory or by letter."""
    folders = [directory.resolve() for directory in directories]
    if (named := Path(baseline).resolve()) in folders:
        return folders.index(named)
    letters = ascii_uppercase[: len(directories)]
    if len(baseline) == 1 and baseline.upper() in letters:
        return letters.index(baseline.upper())
    raise UsageError(f"--baseline {baseline} is none of the runs", hint=f"one of {', '.join(letters)}, or a directory")


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"--output_path {folder} cannot be written: {error.strerror}") from None


def _show(console: Console, compared: Compared) -> None:
    for line in compared.letters:
        console.out(line)
    for _, table in compared.tables:
        console.out("")
        console.table(table)
    for line in (*compared.remarks, *compared.alone):
        console.note(line)
    for line in compared.refusals:
        console.error(line)
