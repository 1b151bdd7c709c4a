"""`mmeval compare RUN_A RUN_B [...]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mmeval.cli.options import verbosity
from mmeval.console import Console
from mmeval.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from mmeval.report.compare.output import Compared


@click.command("compare", params=[verbosity()])
@click.argument("directories", metavar="RUN_A RUN_B [...]", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--across",
    multiple=True,
    metavar="NAME",
    help="What may differ in the prompts: num_fewshot, fewshot_seed, system_instruction or prompt. Repeatable.",
)
@click.option("--metrics", metavar="NAMES", help="Metrics to compare, or 'all'. [the first of each task]")
@click.option("--specialized_in", metavar="DOMAIN", default="", help="Also the gains on and off this domain.")
@click.option(
    "--published",
    multiple=True,
    metavar="SOURCE",
    help="Show published scores beside: 'tasks' for those in the task files, or a YAML file. Repeatable.",
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
    metrics: str | None,
    specialized_in: str,
    published: tuple[str, ...],
    bootstrap_iters: int,
    output_path: Path | None,
) -> int:
    """Compare runs of the same tasks, sample by sample.

    Every further run is compared with RUN_A. Runs pair on (task, sample); different samples, targets, data, versions
    or metrics are refused. p-values are exact McNemar or paired permutation tests, corrected over tasks (Holm).
    """
    from mmeval.report.compare.comparison import compare
    from mmeval.report.compare.output import Compared, write
    from mmeval.report.compare.runs import read_run
    from mmeval.report.compare.settings import ACROSS

    if len(directories) < 2:
        raise UsageError("two runs are needed", hint="mmeval compare RUN_A RUN_B")
    for name in across:
        if name not in ACROSS:
            raise UnknownNameError("setting", name, ACROSS, hint=f"one of {', '.join(ACROSS)}")
    named = tuple((metrics or "").replace(",", " ").split())
    first, *others = (read_run(directory) for directory in directories)
    comparisons = [compare(first, other, metrics=named, across=across, iters=bootstrap_iters) for other in others]
    compared = Compared.of(comparisons, specialized_in, published)
    _show(console, compared)
    for path in write(compared, output_path) if output_path else ():
        console.note(f"wrote {path}")
    return int(bool(compared.refusals))


def _show(console: Console, compared: Compared) -> None:
    for line in compared.letters:
        console.out(line)
    for _, table in compared.tables:
        console.out("")
        console.table(table)
    for line in compared.alone:
        console.note(line)
    for line in compared.refusals:
        console.error(line)
