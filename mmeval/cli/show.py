"""`mmeval show TASK`: the exact prompts, without a model."""

from __future__ import annotations

from typing import Any

import click

from mmeval import console
from mmeval.cli import values


@click.command()
@click.argument("task")
@click.option("--num", default=1, show_default=True, help="samples to show")
@click.option("--num_fewshot", type=int)
@click.option("--apply_chat_template", is_flag=True)
@click.option("--system_instruction")
@click.option("--task_args", multiple=True)
@click.option("--include_path", multiple=True)
@click.option("--data_dir")
@click.option("--dataset_override", multiple=True)
@click.option("--offline", is_flag=True)
def command(task: str, num: int, **options: Any) -> int:
    """Print the prompts of the first samples of a task as a text model is shown them."""
    from mmeval import run
    from mmeval.spec.run_config import RunConfig

    options["task_args"] = values.task_arguments(options["task_args"])
    options["dataset_override"] = values.overrides(options["dataset_override"])
    config = RunConfig.of(tasks=task, model="none", limit=num, **options)
    for preview in run.preview(config, console.progress()):
        console.out(f"--- {preview.task} {preview.sample.sample_id}  target: {preview.sample.target!r}")
        for ask in preview.asks:
            console.out(f"[{type(ask).__name__}]")
            for message in ask.prompt.messages:
                text = "".join(getattr(part, "text", f"<{part}>") for part in message.content)
                console.out(f"{message.role}: {text}" if ask.prompt.chat else text)
            for continuation in getattr(ask, "continuations", ()):
                console.out(f"  continuation: {continuation!r}")
    return 0
