"""`mmeval show TASK`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from mmeval.cli.options import config_of, data_options, prompt_options
from mmeval.console import Console
from mmeval.errors import MmevalError

if TYPE_CHECKING:
    from mmeval.run import Preview


@click.command("show", params=[*prompt_options(), *data_options()])
@click.argument("task")
@click.option("--num", "-n", type=click.IntRange(min=1), default=3, show_default=True, help="Samples per task.")
@click.pass_obj
def command(console: Console, /, task: str, num: int, **options: Any) -> int:
    """Show what a task says of itself, and its exact prompts; no model.

    Follow-ups are not shown: they depend on the answers. A group shows its members, and all its tasks.
    """
    from mmeval import run

    # no model is asked: there is no code of its to confirm
    given = {**options, "confirm_run_unsafe_code": True}
    config = config_of(tasks=task, model="none", limit=num, repeats=1, **given)
    groups, previews = run.preview(config, console.notes())
    for group, members in groups.items():
        console.out(f"=== {group}\nmembers: {', '.join(members)}\n")
    return next(filter(None, [_shown(console, preview) for preview in previews]), 0)


def _shown(console: Console, preview: Preview) -> int:
    """Show one task; its exit code. What is known without its data is shown in any case."""
    from mmeval.cli.prompts import described

    if preview.about:
        console.out("\n".join([f"=== {preview.task}", *_known(preview)]) + "\n")
    try:
        samples = preview.samples()
    except MmevalError as error:
        console.error(str(error), error.hint)
        console.trace(error)
        return error.exit_code
    for shown in samples:
        console.out(f"=== {shown.task}, sample {shown.sample.sample_id}")
        for ask in shown.asks:
            console.out(described(ask))
        console.out(f"--- target: {shown.sample.target}\n")
    return 0


def _known(preview: Preview) -> Iterator[str]:
    from mmeval.report import references

    yield from (f"{key}: {value}" for key, value in preview.about.items() if key != "metadata")
    yield from references.described(preview.task, preview.about.get("metadata", {}))
