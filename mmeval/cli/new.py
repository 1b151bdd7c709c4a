"""`mmeval new plugin NAME`, `mmeval new task NAME`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from mmeval.console import Console
from mmeval.errors import UsageError

_PLUGIN: Mapping[str, str] = {
    "pyproject.toml": "$folder/pyproject.toml",
    "README.md": "$folder/README.md",
    "init.py": "$folder/$package/__init__.py",
    "tasks.py": "$folder/$package/tasks.py",
    "metrics.py": "$folder/$package/metrics.py",
    "test_conformance.py": "$folder/tests/test_conformance.py",
}
_TASK: Mapping[str, str] = {"task.yaml": "$module.yaml", "task.jsonl": "$module.jsonl"}
"""Skeleton files (with `.tmpl` behind their names), and where they go."""

_into = click.option(
    "--into", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Where to write it [here]."
)


@click.group("new", no_args_is_help=False)
def command() -> None:
    """Write the skeleton of a plugin or a task."""


@command.command("plugin")
@click.argument("name")
@_into
@click.pass_obj
def plugin(console: Console, /, name: str, into: Path) -> None:
    """Write a distribution with one task, one metric and their conformance tests; it works as it is."""
    names = _names(name.removeprefix("mmeval-").removeprefix("mmeval_"))
    _write(console, _PLUGIN, names, into)
    folder = into / names["folder"]
    console.note(f"next: pip install -e '{folder}[dev]' && pytest {folder}")
    console.note(f"then: mmeval --tasks {names['module']} --model dummy")


@command.command("task")
@click.argument("name")
@_into
@click.pass_obj
def task(console: Console, /, name: str, into: Path) -> None:
    """Write a task as a commented YAML file, with a few rows of data; it works as it is."""
    names = _names(name)
    _write(console, _TASK, names, into)
    console.note(f"next: mmeval --tasks {into / names['module']}.yaml --model dummy")


def _names(name: str) -> dict[str, str]:
    """The forms of a name that skeletons use."""
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
        hint = "small letters, digits and single hyphens, a letter first"
        raise UsageError(f"'{name}' cannot be the name of a package", hint=hint)
    module = name.replace("-", "_")
    folder = f"mmeval-{name.replace('_', '-')}"
    kind = "".join(part.capitalize() for part in module.split("_"))
    return {"folder": folder, "package": f"mmeval_{module}", "module": module, "kind": kind}


def _write(console: Console, skeleton: Mapping[str, str], names: Mapping[str, str], into: Path) -> None:
    """Write all files, or none where one is there already."""
    targets = {source: into / Template(target).substitute(names) for source, target in skeleton.items()}
    for path in targets.values():
        if path.exists():
            raise UsageError(f"{path} is there already", hint="choose another name, or --into another folder")
    for source, path in targets.items():
        text = files("mmeval.cli").joinpath("skeletons", f"{source}.tmpl").read_text(encoding="utf-8")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(names), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
        console.out(str(path))
