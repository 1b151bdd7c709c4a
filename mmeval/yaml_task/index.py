"""What a folder of task files offers, without importing anything of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.errors import SpecError
from mmeval.spec.yaml import Document, load

_IGNORED = {"__pycache__", ".ipynb_checkpoints"}
_KINDS = (("class", "task", "task"), ("group", "group", "group"), ("task", "task", "task"))


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A name and the file behind it. `kind` is `task` or `group`; `problem` says why the file cannot be used."""

    name: str
    file: Path
    kind: str
    tags: tuple[str, ...] = ()
    problem: str = ""


def scan(root: Path) -> Iterator[IndexEntry]:
    """The tasks and groups of all `.yaml` files below `root`, files in the order of their paths.

    A broken file is listed under its stem with its problem; the second file of a name is listed under its path.
    """
    seen: dict[str, Path] = {}
    included: dict[Path, Document] = {}
    for file in _files(root):
        entry = _entry(file, included)
        if entry is None:
            continue
        if entry.name in seen:
            problem = f"the name '{entry.name}' is taken by {seen[entry.name]}"
            entry = IndexEntry(str(file.relative_to(root)), file, entry.kind, problem=problem)
        seen[entry.name] = file
        yield entry


def _files(root: Path) -> list[Path]:
    found = [file for file in root.rglob("*.yaml") if _IGNORED.isdisjoint(file.relative_to(root).parts)]
    return sorted(found, key=Path.as_posix)


def _entry(file: Path, included: dict[Path, Document]) -> IndexEntry | None:
    try:
        data = load(file, included).data
    except SpecError as error:
        return IndexEntry(file.stem, file, "task", problem=str(error))
    for key, kind, name_key in _KINDS:
        if key in data:
            return _named(data, kind, name_key, file)
    return None


def _named(data: Mapping[str, Any], kind: str, key: str, file: Path) -> IndexEntry:
    name, tags = data.get(key), data.get("tag") if kind == "task" else None
    if not isinstance(name, str):
        return IndexEntry(file.stem, file, kind, problem=f"{file}: the key '{key}' is not a name")
    listed = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
    return IndexEntry(name, file, kind, tuple(str(tag) for tag in listed))
