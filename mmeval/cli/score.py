"""`mmeval score RUN`."""

from __future__ import annotations

from pathlib import Path

import click

from mmeval import console
from mmeval.cli import values
from mmeval.cli.run import show


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--by", default="", help="also print the rows of this slice (form, group, ...)")
@click.option("--task_args", multiple=True, help="[TASK:]k=v,... that differ from the run's")
def command(directory: Path, by: str, task_args: tuple[str, ...]) -> int:
    """Score a run again from its log, without its model."""
    from mmeval import run

    results = run.rescore(directory, console.progress(), task_args=values.task_arguments(task_args))
    return show(results, by)
