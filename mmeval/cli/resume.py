"""`mmeval resume RUN`."""

from __future__ import annotations

from pathlib import Path

import click

from mmeval.cli.options import verbosity
from mmeval.console import Console


@click.command("resume", params=[verbosity()])
@click.argument("directory", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--retry_errors", is_flag=True, help="Also send again what failed.")
@click.pass_obj
def command(console: Console, /, directory: Path, retry_errors: bool) -> int:
    """Go on with an interrupted run.

    Only requests whose response is not in the log of RUN are sent; then everything is scored.
    """
    from mmeval import run
    from mmeval.cli.results import show_results

    return show_results(console, run.resume(directory, console.progress(), retry_errors=retry_errors))
