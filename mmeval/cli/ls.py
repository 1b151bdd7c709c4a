"""`mmeval ls KIND [PATTERN]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import click

from mmeval.cli.options import include_path, verbosity
from mmeval.console import Console
from mmeval.errors import UnknownNameError
from mmeval.registry import REGISTRIES, Registry

_KINDS = {f"{kind}s": registry for kind, registry in REGISTRIES.items()}


@click.command("ls", params=[include_path(), verbosity()])
@click.argument("kind", metavar="|".join(_KINDS))
@click.argument("pattern", default="*")
@click.pass_obj
def command(console: Console, /, kind: str, pattern: str, **options: tuple[str, ...]) -> int:
    """List what is installed: tasks, models, metrics, extractors, ...

    PATTERN has * and ?, or is a part of a name. Nothing of a plugin is imported.
    """
    registry = _KINDS.get(kind) or REGISTRIES.get(kind)
    if registry is None:
        raise UnknownNameError("kind", kind, _KINDS, hint=f"one of {', '.join(_KINDS)}")
    rows = _tasks(console, options["include_path"]) if registry.kind == "task" else _entries(registry)
    found = list(rows) if pattern == "*" else [row for row in rows if matches(row[0], pattern)]
    if not found:
        console.note(f"no {kind} match '{pattern}'")
    else:
        console.out(aligned(found))
    return 0


def matches(name: str, pattern: str) -> bool:
    """Whether a name fits; a pattern without wildcards may stand anywhere in it."""
    return fnmatchcase(name, pattern if set(pattern) & set("*?[") else f"*{pattern}*")


def aligned(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows as lines with aligned columns, two spaces between them."""
    rows = list(rows)
    line = "  ".join(f"%-{max(map(len, column))}s" for column in zip(*rows, strict=True))
    return "\n".join((line % row).rstrip() for row in rows)


def _tasks(console: Console, include_path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    from mmeval.catalog import Catalog

    for name, kind, origin, tags, problem in Catalog(include_path, console.note).entries():
        yield name, kind, f"broken: {problem}" if problem else origin, " ".join(tags)


def _entries(registry: Registry[object]) -> Iterator[tuple[str, ...]]:
    entries = sorted(registry.entries(), key=lambda entry: (entry.name, entry.distribution))
    names = [entry.name for entry in entries]
    for entry in entries:
        long_form = f"say {entry.distribution}:{entry.name}" if names.count(entry.name) > 1 else ""
        yield entry.name, f"{entry.distribution} {entry.version}", entry.value, long_form
