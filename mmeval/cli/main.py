"""The entry point: which command runs, and how what goes wrong is told."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from mmeval import console
from mmeval.errors import MmevalError, UsageError, nearest_names
from mmeval.plugins import installed
from mmeval.registry import COMMANDS

_COMMANDS = {
    "run": "run tasks against a model (the default: `mmeval --tasks ...`)",
    "demo": "a scored table in about two seconds, offline",
    "ls": "list tasks, models, metrics and other plugins",
    "show": "print the exact prompts of a task",
    "resume": "go on with an interrupted run",
    "score": "score a run again, without its model",
    "generate": "make a data set (`mmeval generate NAME --help`)",
    "plugins": "what is installed, and whether it loads",
}


class Commands(click.Group):
    """Commands by name, loaded on use; a call that starts with an option is `run`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *COMMANDS.names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.replace("-", "_")
        if name in _COMMANDS:
            command: click.Command = import_module(f"mmeval.cli.{name}").command
            return command
        return COMMANDS.get(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            nearest = nearest_names(args[0], self.list_commands(ctx))
            hint = f"did you mean {nearest[0]}?" if nearest else "see: mmeval --help"
            raise UsageError(f"unknown command '{args[0]}'", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            added = [(name, f"from {COMMANDS.origin(name)}") for name in COMMANDS.names()]
            formatter.write_dl([*_COMMANDS.items(), *added])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ("--help", "-h", "--version"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda name: name.replace("-", "_"),
    },
)
@click.version_option(package_name="mmeval-harness")
def cli() -> None:
    """Evaluate language, vision-language and graph-language models.

    mmeval --tasks clegr_facts --model hf --model_args pretrained=...

    `mmeval run --help` lists the options of a run.
    """
    for problem in installed().problems:
        console.note(f"warning: {problem}")


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(_run(argv))


def _run(argv: list[str] | None) -> int:
    try:
        code: Any = cli.main(args=argv, prog_name="mmeval", standalone_mode=False)
    except MmevalError as error:
        return _tell(str(error), error.hint, error.exit_code)
    except click.ClickException as error:
        return _tell(error.format_message(), "see: mmeval --help", 2)
    except (KeyboardInterrupt, click.Abort):
        return _tell("interrupted", "", 4)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("MMEVAL_DEBUG"):
            raise
        problem = " ".join(f"unexpected {type(error).__name__}: {error}".split())
        return _tell(problem, "set MMEVAL_DEBUG=1 for the traceback, and please report it", 1)
    return code if isinstance(code, int) else 0


def _tell(problem: str, hint: str, code: int) -> int:
    console.note(f"error: {problem}")
    if hint:
        console.note(f"hint: {hint}")
    return code
