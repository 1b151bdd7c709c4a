"""`mmeval run`, and `mmeval --tasks ...`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mmeval.cli.options import config_of, data_options, prompt_options, run_options
from mmeval.console import Console

if TYPE_CHECKING:
    from mmeval.run import DryRun

_LISTS = ("--tasks", "-t", "--model_args", "-a", "--gen_kwargs")


class ListsBySpaces(click.Command):
    """Takes lm-eval's `--tasks a b` and `--model_args k=v k=v` as well as commas."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, joined(args))


def joined(args: Sequence[str]) -> list[str]:
    """`args` with the words after an option that takes a list made one, separated by commas."""
    result: list[str] = []
    in_list = False
    for word in args:
        if word.startswith("-"):
            in_list = word.replace("-", "_").replace("__", "--", 1) in _LISTS or word in _LISTS
            result.append(word)
        elif in_list and not result[-1].startswith("-"):
            result[-1] += f",{word}"
        else:
            result.append(word)
    return result


@click.command(
    "run", cls=ListsBySpaces, params=[*run_options(), *prompt_options(), *data_options()], options_metavar="[OPTIONS]"
)
@click.pass_obj
def command(console: Console, /, dry_run: bool, **options: Any) -> int:
    """Evaluate a model on tasks. `mmeval --tasks ...` is the same.

    Options have lm-eval's names and meanings. The run directory is always written; it holds what `mmeval resume`
    and `mmeval score` need.
    """
    from mmeval import run
    from mmeval.cli.results import show_results

    config = config_of(**options)
    if dry_run:
        return _show_plan(console, run.dry_run(config, console.progress()))
    return show_results(console, run.start(config, console.progress()))


def _show_plan(console: Console, plan: DryRun) -> int:
    from mmeval.cli.prompts import described

    for task in plan.tasks:
        tokens = "prompt tokens not known" if task.tokens is None else f"{task.tokens} prompt tokens"
        console.out(f"{task.name}: {task.samples} samples, {task.requests} requests, {tokens}")
        for ask in task.asks:
            console.out(described(ask))
    console.out("seeds: " + ", ".join(f"{name} {seed}" for name, seed in plan.seeds.items()))
    for lack in plan.missing:
        console.out(f"missing: {lack}")
    return 3 if plan.missing else 0
