"""`mmeval score RUN`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mmeval.cli.options import by_task, verbosity
from mmeval.cli.values import task_arguments
from mmeval.console import Console
from mmeval.report.table import slice_table


@click.command("score", params=[verbosity()])
@click.argument("directory", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--task_args",
    multiple=True,
    type=task_arguments,
    metavar="[TASK:]K=V,...",
    help="Arguments of tasks, over those of the run (another scorer). Repeatable.",
)
@click.option("--by", metavar="SLICE", help="Also show the rows broken down by a metadata key.")
@click.pass_obj
def command(
    console: Console, /, directory: Path, task_args: tuple[tuple[str, dict[str, Any]], ...], by: str | None
) -> int:
    """Score a run again from its log; no model.

    Its model need not be installed. `results.json` and the sample logs are written anew.
    """
    from mmeval import run
    from mmeval.cli.results import show_results

    results = run.rescore(directory, console.progress(), task_args=by_task(task_args))
    code = show_results(console, results)
    if by is not None:
        console.table(slice_table(results.data, by))
    return code
