"""A command: `mmeval example_wrong RUN`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mmeval import UsageError


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--metric", default="exact_match", show_default=True)
def wrong(run: Path, metric: str) -> int:
    """List the samples of a run whose metric is not 1."""
    samples = run / "samples.jsonl"
    if not samples.is_file():
        raise UsageError(f"{run} has no samples.jsonl", hint="name a run directory")
    for line in samples.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["values"].get(metric) != 1:
            click.echo(f"{row['task']} {row['sample_id']}: {row['answer']!r}, right is {row['target']!r}")
    return 0
