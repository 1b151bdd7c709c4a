"""`mmeval ls KIND [PATTERN]`: names from metadata and task files; no plugin is imported."""

from __future__ import annotations

from fnmatch import fnmatchcase

import click

from mmeval import console
from mmeval.errors import UnknownNameError
from mmeval.registry import REGISTRIES


@click.command()
@click.argument("kind", default="tasks")
@click.argument("pattern", default="*")
@click.option("--include_path", multiple=True, help="folder of YAML tasks; may repeat")
def command(kind: str, pattern: str, include_path: tuple[str, ...]) -> int:
    """List tasks, models, metrics, extractors, adapters, variants, reporters, commands or generators."""
    singular = kind.removesuffix("s")
    if singular not in REGISTRIES:
        raise UnknownNameError("kind", kind, [f"{name}s" for name in REGISTRIES])
    rows = _tasks(include_path) if singular == "task" else _plugins(singular)
    for name, detail in rows:
        if fnmatchcase(name, pattern):
            console.out(f"{name:<32} {detail}")
    return 0


def _plugins(kind: str) -> list[tuple[str, str]]:
    entries = sorted(REGISTRIES[kind].entries(), key=lambda entry: (entry.name, entry.distribution))
    return [(entry.name, f"{entry.distribution} {entry.version}") for entry in entries]


def _tasks(include_path: tuple[str, ...]) -> list[tuple[str, str]]:
    from mmeval.catalog import Catalog

    rows = []
    for entry in Catalog(include_path, console.note).entries():
        tags = f" [{', '.join(entry.tags)}]" if entry.tags else ""
        problem = f" broken: {entry.problem}" if entry.problem else ""
        rows.append((entry.name, f"{entry.kind:<6} {entry.origin}{tags}{problem}"))
    return rows
