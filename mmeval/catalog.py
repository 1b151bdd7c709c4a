"""Everything that can be evaluated, by name: Python tasks, YAML tasks, groups and tags."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from mmeval.errors import MissingRequirementError, PluginError, UsageError
from mmeval.plugins import Entry, installed, package_folder
from mmeval.registry import TAGS, TASKS
from mmeval.yaml_task.index import IndexEntry
from mmeval.yaml_task.index_cache import indexed

_PACKS = "mmeval.task_packs"
LM_EVAL_TASKS = "lm_eval:"


class CatalogEntry(NamedTuple):
    """A name that `--tasks` takes. `origin` is a distribution or a file; `problem` says why it cannot be used."""

    name: str
    kind: str
    origin: str
    tags: tuple[str, ...] = ()
    problem: str = ""


class Catalog:
    """All names. `include_path` folders beat installed names; `note` is told of each that does.

    Listing reads YAML and package metadata alone, and imports nothing that a task needs.
    """

    def __init__(self, include_path: Sequence[str] = (), note: Callable[[str], None] = lambda line: None) -> None:
        self._include_path, self.note = include_path, note

    def entries(self) -> list[CatalogEntry]:
        """All names, sorted, from metadata and file contents alone; no plugin is imported."""
        python = [
            CatalogEntry(entry.name, "task", f"{entry.distribution} {entry.version}") for entry in TASKS.entries()
        ]
        yaml = [CatalogEntry(name, kind, path, tags, why) for name, path, kind, tags, why in self._yaml.values()]
        tags = [CatalogEntry(tag, "tag", "") for tag in {*self._tags, *TAGS.names()}]
        own = [entry for entry in python if entry.name not in self._yaml]
        return sorted([*own, *yaml, *tags], key=itemgetter(0))

    def names(self) -> list[str]:
        """All names that can be asked for."""
        return sorted({*TASKS.names(), *TAGS.names(), *self._yaml, *self._tags})

    def __contains__(self, name: str) -> bool:
        return name in self._yaml or name in self._tags or name in TASKS or name in TAGS

    def find(self, name: str) -> IndexEntry | None:
        """The YAML entry behind a name, if it is one. Raises where its file is broken."""
        entry = self._yaml.get(name)
        if entry is not None and entry.problem:
            raise UsageError(entry.problem, hint=f"see: mmeval validate {entry.path}")
        return entry

    def file_of(self, name: str) -> Path | None:
        """The YAML file behind a name; None for other names."""
        entry = self.find(name)
        return entry.file if entry else None

    def tagged(self, name: str) -> tuple[str, ...]:
        """The tasks that carry a tag; empty for other names."""
        if name in self._tags or name in self._yaml or name not in TAGS:
            return self._tags.get(name, ())
        return TAGS.get(name)

    @cached_property
    def _yaml(self) -> Mapping[str, IndexEntry]:
        found, python = dict(self._packs()), set(TASKS.names())
        for folder in self._include_path:
            for entry in indexed(task_folder(folder)):
                if entry.name in found or entry.name in python:
                    self.note(f"task '{entry.name}' is taken from {entry.path}, not from what is installed")
                found[entry.name] = entry
        return found

    @cached_property
    def _tags(self) -> Mapping[str, tuple[str, ...]]:
        tags: dict[str, list[str]] = {}
        for entry in sorted(self._yaml.values(), key=itemgetter(0)):
            for tag in entry.tags:
                if tag not in self._yaml:
                    tags.setdefault(tag, []).append(entry.name)
        return {tag: tuple(names) for tag, names in tags.items()}

    def _packs(self) -> Iterator[tuple[str, IndexEntry]]:
        """YAML tasks of installed packages; a package is found, not imported."""
        owners: dict[str, Entry] = {}
        for pack in installed().by_group.get(_PACKS, ()):
            try:
                folder = package_folder(pack)
            except PluginError as error:
                self.note(f"{error} ({error.hint})")
                continue
            for entry in indexed(folder):
                if entry.name in owners:
                    both = f"{owners[entry.name].distribution} and {pack.distribution}"
                    self.note(f"task '{entry.name}' is shipped by {both}; the first is used")
                    continue
                owners[entry.name] = pack
                yield entry.name, entry


def task_folder(name: str) -> Path:
    """An `--include_path`: a folder, or `lm_eval:` for the tasks of the installed lm-eval, which is not imported.

    Raises MissingRequirementError where there is no lm-eval, UsageError where there is no folder.
    """
    if name == LM_EVAL_TASKS:
        found = importlib.util.find_spec("lm_eval")
        if found is None or not found.submodule_search_locations:
            problem = f"--include_path {LM_EVAL_TASKS} means the tasks of lm-eval, which is not installed"
            raise MissingRequirementError(problem, hint="pip install lm_eval==0.4.13")
        return Path(found.submodule_search_locations[0]) / "tasks"
    folder = Path(name)
    if not folder.is_dir():
        raise UsageError(f"--include_path {name}: there is no such folder")
    return folder
