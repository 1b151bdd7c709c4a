"""`mmeval resume RUN`."""

from __future__ import annotations

from pathlib import Path

import click

from mmeval import console
from mmeval.cli.run import show


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--retry_errors", is_flag=True, help="also send again what failed")
def command(directory: Path, retry_errors: bool) -> int:
    """Go on with an interrupted run: send what its log does not hold, then score."""
    from mmeval import run

    return show(run.resume(directory, console.progress(), retry_errors=retry_errors))
