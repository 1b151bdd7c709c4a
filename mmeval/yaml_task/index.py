"""What a folder of task files offers, without importing anything of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mmeval.errors import SpecError

if TYPE_CHECKING:
    from mmeval.spec.yaml import Document

_IGNORED = {"__pycache__", ".ipynb_checkpoints"}
_KINDS = (("class", "task", "task"), ("group", "group", "group"), ("task", "task", "task"))

Stamp: TypeAlias = tuple[int, int]
"""A file's size and time of change (nanoseconds)."""


class IndexEntry(NamedTuple):
    """A name and the file behind it. `kind` is `task` or `group`; `problem` says why the file cannot be used."""

    name: str
    path: str
    kind: str
    tags: tuple[str, ...] = ()
    problem: str = ""

    @property
    def file(self) -> Path:
        return Path(self.path)


@dataclass(frozen=True, slots=True)
class Scan:
    """The entries of a folder, in the order of their files; the paths that others include, be there a file or not."""

    entries: Sequence[IndexEntry]
    included: Sequence[str]


def scan(root: Path) -> Scan:
    """The tasks and groups of all `.yaml` files below `root`.

    A broken file is listed under its stem with its problem; the second file of a name is listed under its path.
    """
    included: dict[str, Document | None] = {}
    found = (read_entry(f"{root}/{name}", included) for name in task_files(root))
    entries = tuple(_told_apart(root, (entry for entry in found if entry is not None)))
    return Scan(entries, tuple(included))


def task_files(root: Path) -> dict[str, Stamp]:
    """The `.yaml` files below `root` by relative path, in the order of lm-eval: that of their paths as text."""
    found: dict[str, Stamp] = {}
    _collect(str(root), "", found)
    return dict(sorted(found.items()))


def _collect(folder: str, prefix: str, found: dict[str, Stamp]) -> None:
    with os.scandir(folder) as items:
        for item in items:
            if item.name.endswith(".yaml"):
                status = item.stat()
                found[prefix + item.name] = (status.st_size, status.st_mtime_ns)
            elif item.name not in _IGNORED and item.is_dir(follow_symlinks=False):
                _collect(item.path, f"{prefix}{item.name}/", found)


def _told_apart(root: Path, entries: Iterator[IndexEntry]) -> Iterator[IndexEntry]:
    """The first file of a name has it."""
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.name in seen and not entry.problem:
            problem = f"{entry.path}: the name '{entry.name}' is taken by {seen[entry.name]}"
            name = os.path.relpath(entry.path, root)
            yield IndexEntry(name, entry.path, entry.kind, problem=problem)
        else:
            seen.setdefault(entry.name, entry.path)
            yield entry


def read_entry(path: str, included: dict[str, Document | None] | None = None) -> IndexEntry | None:
    """What one file defines; None for a file that is neither task nor group. `included` is as in `load`."""
    from mmeval.spec.yaml import load

    file = Path(path)
    try:
        data = load(file, included).data
    except SpecError as error:
        return IndexEntry(file.stem, path, "task", problem=str(error))
    for key, kind, name_key in _KINDS:
        if key in data:
            return _named(data, kind, name_key, path)
    return None


def _named(data: Mapping[str, Any], kind: str, key: str, path: str) -> IndexEntry:
    name, tags = data.get(key), data.get("tag") if kind == "task" else None
    if not isinstance(name, str):
        return IndexEntry(Path(path).stem, path, kind, problem=f"{path}: the key '{key}' is not a name")
    listed = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
    return IndexEntry(name, path, kind, tuple(str(tag) for tag in listed))
