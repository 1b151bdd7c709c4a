"""`mmeval demo`: what a result looks like, offline and from a bare install."""

from __future__ import annotations

import click

from mmeval import console
from mmeval.cli.run import show


@click.command()
@click.option("--output_path", help="where the run directory goes [./mmeval-runs]")
def command(output_path: str | None) -> int:
    """Score the model `dummy` on CLeGR Facts and Reasoning."""
    from mmeval import run
    from mmeval.spec.run_config import RunConfig

    config = RunConfig.of(tasks="clegr_facts,clegr_reasoning", model="dummy", limit=100, output_path=output_path)
    return show(run.start(config, console.progress()))
