"""`mmeval --tasks ... --model ...`, also spelled `mmeval run`."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import click

from mmeval import console
from mmeval.cli import values

if TYPE_CHECKING:
    from mmeval.finishing import Results
    from mmeval.run import DryRun


@click.command()
@click.option("--tasks", "-t", required=True, help="names, globs, tags, groups or files, separated by commas")
@click.option("--model", "-m", default="hf", show_default=True, help="name of a model plugin")
@click.option("--model_args", "-a", default="", help="k=v,... for the model's constructor, or JSON")
@click.option("--num_fewshot", "-f", type=int, help="examples in each prompt")
@click.option("--limit", "-L", type=float, help="samples per task; below 1 a share")
@click.option("--batch_size", "-b", help="upper bound of rows in a batch")
@click.option("--device", help="cuda, mps, cpu; chosen where absent")
@click.option("--gen_kwargs", default="", help="k=v,... for generation")
@click.option("--apply_chat_template", is_flag=True, help="put prompts through the model's chat template")
@click.option("--fewshot_as_multiturn/--no_fewshot_as_multiturn", default=None, help="examples as turns")
@click.option("--system_instruction", help="text before every prompt")
@click.option("--output_path", "-o", help="where run directories go [./mmeval-runs]")
@click.option("--log_samples", "-s", is_flag=True, help="also write lm-eval's samples_<task>.jsonl")
@click.option("--predict_only", "-x", is_flag=True, help="answer, do not score")
@click.option("--include_path", multiple=True, help="folder of YAML tasks; may repeat")
@click.option("--use_cache", help="file of a response cache across runs")
@click.option("--seed", default="0,1234,1234,1234", show_default=True, help="Python, NumPy, torch, few-shot")
@click.option("--verbosity", "-v", default="WARNING", help="level of library logs")
@click.option("--task_args", multiple=True, help="[TASK:]k=v,...; may repeat")
@click.option("--data_dir", help="folder with local data sets")
@click.option("--dataset_override", multiple=True, help="TASK=SOURCE: file, folder or hub id; may repeat")
@click.option("--max_errors", type=float, default=0, show_default=True, help="errors allowed per task; below 1 a share")
@click.option("--bootstrap_iters", type=int, default=100_000, show_default=True)
@click.option("--repeats", type=int, help="ask every sample this many times")
@click.option("--variants", default="", help="rewrites to send beside the originals (mmeval ls variants)")
@click.option("--report", "reporters", default="", help="further reporters (mmeval ls reporters)")
@click.option("--role", multiple=True, help="ROLE=MODEL[,k=v...]: a further model of the run; may repeat")
@click.option("--trust_remote_code", is_flag=True, help="let hub code run")
@click.option("--dry_run", is_flag=True, help="prompts, requests, tokens and what is missing; loads no weights")
@click.option("--offline", is_flag=True, help="never try a hub")
def command(**options: Any) -> int:
    """Evaluate a model on tasks."""
    logging.basicConfig(level=options.pop("verbosity").upper())
    if options["offline"]:
        os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    dry = options.pop("dry_run")
    from mmeval import run
    from mmeval.spec.run_config import RunConfig

    config = RunConfig.of(
        **options
        | {
            "model_args": values.pairs(options["model_args"], "--model_args"),
            "gen_kwargs": values.pairs(options["gen_kwargs"], "--gen_kwargs"),
            "task_args": values.task_arguments(options["task_args"]),
            "dataset_override": values.overrides(options["dataset_override"]),
            "roles": values.roles(options.pop("role")),
            "seeds": values.seeds(options.pop("seed")),
        }
    )
    if dry:
        return show_dry_run(run.dry_run(config, console.progress()))
    return show(run.start(config, console.progress()))


def show(results: Results, by: str = "") -> int:
    """Print the table and what was written; the run's exit code."""
    from mmeval.report.table import render

    console.out(render(results.data, by))
    console.note("written: " + ", ".join(str(path) for path in results.files))
    return results.exit_code


def show_dry_run(plan: DryRun) -> int:
    """Print what a run would send; 3 where something is missing."""
    for task in plan.tasks:
        tokens = "tokens not counted" if task.tokens is None else f"{task.tokens} prompt tokens"
        console.out(f"{task.name}: {task.samples} samples, {task.requests} requests, {tokens}")
        for ask in task.asks:
            console.out(f"first {type(ask).__name__}:\n{ask.prompt.text}\n")
    console.out("seeds: " + ", ".join(f"{name} {seed}" for name, seed in plan.seeds.items()))
    for line in plan.missing:
        console.out(f"missing: {line}")
    return 3 if plan.missing else 0
