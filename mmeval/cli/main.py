"""The top of the command line: finds commands by name, and turns every error into a line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence

import click

from mmeval.console import Console
from mmeval.errors import IncompleteRunError, MmevalError, PluginError, UnknownNameError
from mmeval.plugins import installed, way_out
from mmeval.registry import COMMANDS

COMMAND_HELP: Mapping[str, str] = {
    "run": "Evaluate a model on tasks. `mmeval --tasks ...` is the same.",
    "ls": "List what is installed: tasks, models, metrics, extractors, ...",
    "show": "Show what a task says of itself, and its exact prompts; no model.",
    "demo": "Evaluate random answers on CLeGR, offline: a first table.",
    "resume": "Go on with an interrupted run.",
    "score": "Score a run again from its log; no model.",
    "compare": "Compare runs of the same tasks, sample by sample.",
    "score-file": "Score answers that stand in a file.",
    "generate": "Generate a data set.",
    "plugins": "Show installed plugins and whether they work.",
    "validate": "Check task files, or a run against published scores; no model, and no data unless asked.",
    "schema": "Print the JSON Schema of task files, for editors.",
    "new": "Write the skeleton of a plugin or a task.",
}
"""Built-in commands with the first sentence of their help, which `mmeval --help` shows without importing them."""

_OWN_FLAGS = ("-h", "--help", "--version")


class Program(click.Group):
    """`mmeval`: built-in commands, and those of plugins by their entry points."""

    def __init__(self) -> None:
        super().__init__(
            "mmeval",
            help="Evaluate language, vision-language and graph-language models.",
            epilog="Hyphens and underscores in names of options and commands mean the same.",
            context_settings={"token_normalize_func": _normalized, "help_option_names": ["-h", "--help"]},
            params=[_version_option()],
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`mmeval --tasks ...` means `mmeval run --tasks ...`."""
        if not args:
            args = ["--help"]
        elif args[0].startswith("-") and args[0] not in _OWN_FLAGS:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMAND_HELP, *(name for name in COMMANDS.names() if name not in COMMAND_HELP)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.replace("_", "-")
        if name in COMMAND_HELP:
            command: click.Command = importlib.import_module(f"mmeval.cli.{_normalized(name)}").command
            return command
        return _plugin_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            raise UnknownNameError("command", args[0], self.list_commands(ctx), hint="see: mmeval --help")
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("mmeval", "--tasks NAMES --model NAME [OPTIONS]")
        formatter.write_usage("mmeval", "COMMAND [OPTIONS]", prefix="       ")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMAND_HELP.items()))
        others = [name for name in COMMANDS.names() if name not in COMMAND_HELP]
        if others:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, f"from {COMMANDS.origin(name)}") for name in others])


def main() -> None:
    """Run the command line and exit."""
    # pydantic reads the metadata of every distribution unguarded: one that is broken would stop each command
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: Sequence[str]) -> int:
    """Run a command line; its exit code. Nothing that a command raises leaves this as a traceback."""
    console = Console()
    for problem in installed().problems:
        console.warn(problem)
    try:
        return _run(arguments, console)
    finally:
        console.close()


def _run(arguments: Sequence[str], console: Console) -> int:
    try:
        result = _PROGRAM.main(list(arguments), prog_name="mmeval", standalone_mode=False, obj=console)
    except MmevalError as error:
        return _told(error, console)
    except click.UsageError as error:
        console.error(*_usage(error))
        return error.exit_code
    except click.ClickException as error:
        console.error(error.format_message())
        return error.exit_code
    except click.Abort:
        console.error("interrupted", "what a run has written is kept; go on with: mmeval resume RUN")
        return IncompleteRunError.exit_code
    except Exception as error:  # noqa: BLE001  the last boundary: users see a line, never a traceback
        console.error(f"{type(error).__name__}: {error} ({_place(error)})", _BUG_HINT)
        console.trace(error)
        return MmevalError.exit_code
    return result if isinstance(result, int) else 0


_BUG_HINT = "this is a bug: please report it to the authors, with what --verbosity DEBUG prints"


def _told(error: MmevalError, console: Console) -> int:
    console.error(str(error), error.hint)
    console.trace(error)
    return error.exit_code


def _usage(error: click.UsageError) -> tuple[str, str]:
    """The message as a clause, and what to do."""
    if isinstance(error, click.NoSuchOption):
        problem, near = f"there is no option {error.option_name}", " or ".join(error.possibilities or ())
    else:
        message = error.format_message()
        problem, near = message[:1].lower() + message[1:].rstrip("."), ""
    command = error.ctx.command_path if error.ctx else "mmeval"
    return problem, f"did you mean {near}?" if near else f"see: {command} --help"


def _place(error: BaseException) -> str:
    """The innermost place of an error, so that its owner can be told."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


def _plugin_command(name: str) -> click.Command:
    command = COMMANDS.get(name)
    if not isinstance(command, click.Command):
        owner = COMMANDS.origin(name)
        distribution = owner.split(" ")[0]
        problem = f"command '{name}' of {owner} is not a click command"
        raise PluginError(problem, distribution=distribution, hint=way_out(distribution))
    return command


def _normalized(token: str) -> str:
    return token.replace("-", "_")


def _version_option() -> click.Option:
    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            from importlib.metadata import version

            ctx.find_object(Console).out(f"mmeval {version('mmeval-harness')}")  # type: ignore[union-attr]
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


_PROGRAM = Program()
