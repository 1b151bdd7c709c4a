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
    """Show what a task says of itself, and its exact prompts; no model.

    Follow-ups are not shown: they depend on the answers. A group shows all its tasks.
    """
    from mmeval import run
    from mmeval.cli.prompts import described
    from mmeval.report import references

    config = config_of(tasks=task, model="none", limit=num, repeats=1, **options)
    introduced = ""
    for preview in run.preview(config, console.notes()):
        if preview.task != introduced and preview.metadata:
            console.out(f"=== {preview.task}")
            console.out("\n".join(references.described(preview.task, preview.metadata)) + "\n")
        introduced = preview.task
        console.out(f"=== {preview.task}, sample {preview.sample.sample_id}")
        for ask in preview.asks:
            console.out(described(ask))
        console.out(f"--- target: {preview.sample.target}\n")
    return 0
