"""Options that several commands share, and the run configuration that they make."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mmeval.cli import values
from mmeval.console import LEVELS, Console

if TYPE_CHECKING:
    from mmeval.spec.run_config import RunConfig


def verbosity() -> click.Option:
    """`--verbosity`: of this command at once, and of the libraries' logs where it is given."""

    def act(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        console = ctx.find_object(Console)
        if value is not None and console is not None:
            console.level = value
            logging.basicConfig(level=value)

    return click.Option(
        ["--verbosity", "-v"],
        type=click.Choice(LEVELS, case_sensitive=False),
        is_eager=True,
        expose_value=False,
        callback=act,
        help="The least urgent messages to show; DEBUG shows tracebacks. [INFO]",
    )


def offline() -> click.Option:
    """`--offline`; the environment is set before anything that reads it is imported."""

    def act(_ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
        if value:
            names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE", "TRANSFORMERS_OFFLINE")
            os.environ.update(dict.fromkeys(names, "1"))
        return value

    return click.Option(
        ["--offline"], is_flag=True, is_eager=True, callback=act, help="Use local files only; never try a hub."
    )


def include_path() -> click.Option:
    """`--include_path`, of every command that reads task files."""
    return click.Option(
        ["--include_path"],
        multiple=True,
        metavar="FOLDER|lm_eval:",
        help="A folder of task files, or lm-eval's own; its names beat installed ones. Repeatable.",
    )


def data_options() -> list[click.Option]:
    """Where tasks and their data come from."""
    return [
        include_path(),
        click.Option(
            ["--task_args"],
            multiple=True,
            type=values.task_arguments,
            metavar="[TASK:]K=V,...",
            help="Arguments of tasks; without TASK, of every task that declares them. Repeatable.",
        ),
        click.Option(
            ["--data_dir"],
            type=click.Path(exists=True, file_okay=False),
            envvar="MMEVAL_DATA_DIR",
            help="A folder of data files, tried before what a task declares.",
        ),
        click.Option(
            ["--dataset_override"],
            multiple=True,
            type=values.pair,
            metavar="TASK=SOURCE",
            help="The data of one task: a file, a folder or hub:NAME[@REVISION][:CONFIG]. Repeatable.",
        ),
        click.Option(
            ["--metadata"],
            type=values.key_values,
            metavar="JSON|K=V,...",
            help="Over the metadata of tasks from YAML; their custom_dataset reads it.",
        ),
        offline(),
        click.Option(["--trust_remote_code"], is_flag=True, help="Run code that comes with models and data sets."),
        click.Option(["--confirm_run_unsafe_code"], is_flag=True, help="Run what a model wrote, in the sandbox."),
        click.Option(["--no_task_code"], is_flag=True, help="Refuse tasks whose files refer to functions."),
        verbosity(),
    ]


def prompt_options() -> list[click.Option]:
    """How prompts are worded."""
    return [
        click.Option(["--num_fewshot", "-f"], type=int, metavar="N", help="Examples in the prompt."),
        click.Option(
            ["--apply_chat_template"],
            is_flag=False,
            flag_value="",
            metavar="[NAME]",
            help="Put prompts through the model's chat template, or the one so named.",
        ),
        click.Option(
            ["--fewshot_as_multiturn"],
            is_flag=False,
            flag_value="true",
            type=bool,
            metavar="[BOOL]",
            help="Examples as turns of a chat.",
        ),
        click.Option(["--system_instruction"], metavar="TEXT", help="The system message."),
        click.Option(
            ["--gen_kwargs"],
            type=values.key_values,
            metavar="K=V,...",
            help="Generation options, over those of the task.",
        ),
        click.Option(["--variants"], metavar="NAMES", help="Rewrites of the requests, sent beside the originals."),
        click.Option(
            ["--seed"],
            type=values.seeds,
            metavar="N[,N,N,N]",
            help="One seed for all, or one each. Default: 0,1234,1234,1234.",
        ),
    ]


def run_options() -> list[click.Option]:
    """What is evaluated, how much of it, and what is written."""
    return [
        click.Option(["--tasks", "-t"], required=True, metavar="NAMES", help="Tasks, groups, tags, patterns or files."),
        click.Option(["--model", "-M"], default="hf", show_default=True, metavar="NAME", help="The model plugin."),
        click.Option(["--model_args", "-a"], type=values.key_values, metavar="K=V,...", help="Arguments of the model."),
        click.Option(
            ["--model_card", "--model_meta"],
            type=values.model_card,
            metavar="FILE|K=V,...",
            help="What the model was made for and from, for reports: domain, base_model, train_sets, ...",
        ),
        click.Option(
            ["--role"],
            multiple=True,
            type=values.role_model,
            metavar="ROLE=MODEL[,K=V...]",
            help="A further model (a judge). Repeatable.",
        ),
        click.Option(["--limit", "-L"], type=float, metavar="N", help="Samples per task; a share below 1."),
        click.Option(
            ["--samples", "-E"],
            type=values.rows_by_task,
            metavar="JSON|FILE",
            help='Rows by task: {"task": [0, 5]}. Instead of --limit.',
        ),
        click.Option(
            ["--repeats"], type=int, metavar="N", help="Answers per sample, each scored; adds pass@k and majority vote."
        ),
        click.Option(["--batch_size", "-b"], type=values.batch_size, metavar="N|auto", help="Upper bound of a batch."),
        click.Option(["--device"], metavar="NAME", help="cuda, cuda:0, mps, cpu; default: the best there is."),
        click.Option(
            ["--devices"],
            metavar="N|NAMES",
            help="A model on each, in a process of its own: 8 (GPUs), or 0,2 or cpu,cpu.",
        ),
        click.Option(
            ["--executor"],
            type=click.Choice(["local", "ray"]),
            help="Where the model runs: in this process, or as Ray actors. [local]",
        ),
        click.Option(["--replicas"], type=int, metavar="N", help="Copies of the model, with --executor ray. [1]"),
        click.Option(
            ["--resources"],
            type=values.key_values,
            metavar="K=V,...",
            help="What a replica needs, in Ray's names: GPU=1.",
        ),
        click.Option(["--exact"], is_flag=True, help="Read every request whole; share no prefixes between them."),
        click.Option(["--output_path", "-o"], metavar="PATH", help="Where run directories are made [./mmeval-runs]."),
        click.Option(
            ["--log_samples", "-s"],
            is_flag=True,
            help="Also write lm-eval's samples_<task>_<time>.jsonl and results_<time>.json.",
        ),
        click.Option(["--log_images"], is_flag=True, help="Also keep copies of the images that were shown."),
        click.Option(["--predict_only", "-x"], is_flag=True, help="Write answers; do not score."),
        click.Option(["--use_cache", "-c"], metavar="PATH", help="Keep and reuse responses across runs."),
        click.Option(["--max_errors"], type=float, metavar="N", help="Errors allowed per task; a share below 1. [0]"),
        click.Option(["--bootstrap_iters"], type=int, metavar="N", help="For standard errors by bootstrap. [100000]"),
        click.Option(["--report", "reporters"], metavar="NAMES", help="Further reports to write."),
        click.Option(["--dry_run"], is_flag=True, help="Plan only: prompts, requests, tokens, what is missing."),
    ]


_RENAMED = {"seed": "seeds", "role": "roles"}
_PAIRED = ("role", "dataset_override")


def config_of(**options: Any) -> RunConfig:
    """The run configuration that parsed options make; what was not given keeps its default."""
    from mmeval.spec.run_config import RunConfig

    given = {name: value for name, value in options.items() if value is not None and value is not False and value != ()}
    if "apply_chat_template" in given:
        given["apply_chat_template"] = given["apply_chat_template"] or True
    if options.get("fewshot_as_multiturn") is False:
        given["fewshot_as_multiturn"] = False
    if "task_args" in given:
        given["task_args"] = by_task(given["task_args"])
    for name in _PAIRED:
        if name in given:
            given[name] = dict(given[name])
    return RunConfig.of(**{_RENAMED.get(name, name): value for name, value in given.items()})


def by_task(pairs: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Repeated `--task_args`, merged by task; later ones win."""
    merged: dict[str, dict[str, Any]] = {}
    for task, arguments in pairs:
        merged.setdefault(task, {}).update(arguments)
    return merged
