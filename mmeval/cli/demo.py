"""`mmeval demo`."""

from __future__ import annotations

import click

from mmeval.cli.options import verbosity
from mmeval.console import Console


@click.command("demo", params=[verbosity()])
@click.option("--output_path", "-o", metavar="PATH", help="Where the run directory is made [./mmeval-runs].")
@click.pass_obj
def command(console: Console, /, output_path: str | None) -> int:
    """Evaluate random answers on CLeGR, offline: a first table.

    No weights, no download: the model `dummy` draws its answers, and the baselines stand beside it.
    """
    from mmeval import run
    from mmeval.cli.options import config_of
    from mmeval.cli.results import show_results

    config = config_of(
        tasks="clegr_facts,clegr_reasoning", model="dummy", limit=100, offline=True, output_path=output_path
    )
    return show_results(console, run.start(config, console.progress()))
