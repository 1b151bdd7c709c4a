"""`mmeval show TASK`."""

from __future__ import annotations

from typing import Any

import click

from mmeval.cli.options import config_of, data_options, prompt_options
from mmeval.console import Console


@click.command("show", params=[*prompt_options(), *data_options()])
@click.argument("task")
@click.option("--num", "-n", type=click.IntRange(min=1), default=3, show_default=True, help="Samples per task.")
@click.pass_obj
def command(console: Console, /, task: str, num: int, **options: Any) -> int:
    """Show the exact prompts of a task; no model.

    Follow-ups are not shown: they depend on the answers. A group shows all its tasks.
    """
    from mmeval import run
    from mmeval.cli.prompts import described

    config = config_of(tasks=task, model="none", limit=num, repeats=1, **options)
    for preview in run.preview(config, console.notes()):
        console.out(f"=== {preview.task}, sample {preview.sample.sample_id}")
        for ask in preview.asks:
            console.out(described(ask))
        console.out(f"--- target: {preview.sample.target}\n")
    return 0
