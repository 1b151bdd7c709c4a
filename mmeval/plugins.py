"""Installed plugins: what package metadata says of them, and loading them one by one behind a guard.

Listing reads metadata only. Nothing of a plugin is imported before something of it is asked for, and a plugin
that raises, exits or hangs on import is named with its distribution and breaks nothing else.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmeval.errors import PluginError
from mmeval.metadata import NAMESAKE, OWN_DISTRIBUTION, offers

API_VERSION = 1
"""Version of the plugin interface. A distribution may declare the one it was written for:
`[project.entry-points."mmeval.api"]` with the line `version = "1"`."""

SLOW_SECONDS = 5.0

HOOK_GROUP = "mmeval"
_API_GROUP = "mmeval.api"


@dataclass(frozen=True)
class Entry:
    """One line of an entry-point group: `name = "module:object"`, and who ships it."""

    group: str
    name: str
    value: str
    distribution: str
    version: str

    @property
    def label(self) -> str:
        """The name and its origin, for messages."""
        return f"'{self.name}' of {self.distribution} {self.version}"

    def load(self) -> Any:
        """Import the object. Raises PluginError, whatever the plugin did."""
        from importlib.metadata import EntryPoint

        try:
            with _watchdog(self):
                return EntryPoint(self.name, self.value, self.group).load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may exit or skip; whatever it does is its own
            raise PluginError(
                f"plugin {self.label} cannot be loaded: {cause_of(error)}",
                distribution=self.distribution,
                hint=way_out(self.distribution),
            ) from error


@dataclass(frozen=True)
class Problem:
    """A distribution that is left out, and why, in one line."""

    distribution: str
    cause: str

    def __str__(self) -> str:
        return f"plugin distribution {self.distribution} is left out: {self.cause}"


@dataclass(frozen=True)
class Installed:
    """What metadata says: usable entries in order of distribution name, and the distributions left out."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    disabled: tuple[str, ...]

    @cached_property
    def by_group(self) -> Mapping[str, tuple[Entry, ...]]:
        """Entries by entry-point group."""
        groups: dict[str, list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault(entry.group, []).append(entry)
        return {group: tuple(entries) for group, entries in groups.items()}

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """Version of every plugin distribution in use, for `run.json`."""
        return {entry.distribution: entry.version for entry in self.entries}


def way_out(distribution: str) -> str:
    """How to go on without a broken distribution."""
    return f"set MMEVAL_DISABLE_PLUGINS={distribution} to go on without it, or uninstall {distribution}"


@cache
def installed() -> Installed:
    """What the metadata of all installed distributions says, read once."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    disabled: list[str] = []
    for name, version, points, problem in offers():
        if not _enabled(name):
            disabled.append(name)
        elif problem := problem or _other_api(name, points):
            problems.append(Problem(name, problem))
        else:
            entries += (Entry(*point, name, version) for point in points if point[0] != _API_GROUP)
    entries.sort(key=lambda entry: (entry.distribution, entry.group))
    return Installed(tuple(entries), tuple(problems), tuple(sorted(disabled)))


def _other_api(distribution: str, points: Iterable[tuple[str, str, str]]) -> str:
    """Why a distribution that was written for another plugin API cannot be used."""
    wanted = {value for group, _, value in points if group == _API_GROUP} - {str(API_VERSION)}
    versions = ", ".join(sorted(wanted))
    problem = f"it is written for plugin API {versions}, this mmeval has {API_VERSION} ({way_out(distribution)})"
    return problem if wanted else ""


def _enabled(name: str) -> bool:
    """`MMEVAL_PLUGINS` names the only distributions to use, `MMEVAL_DISABLE_PLUGINS` those to leave out."""
    only, never = os.environ.get("MMEVAL_PLUGINS"), os.environ.get("MMEVAL_DISABLE_PLUGINS", "")
    if name in (OWN_DISTRIBUTION, NAMESAKE):
        return True
    return (only is None or _plain(name) in _listed(only)) and _plain(name) not in _listed(never)


def _listed(value: str) -> set[str]:
    return {_plain(name) for name in value.split(",") if name.strip()}


def _plain(name: str) -> str:
    """A distribution name in one spelling: `Mmeval_Example` and `mmeval-example` are the same to pip."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


def cause_of(error: BaseException) -> str:
    """What a plugin did, in one line."""
    if isinstance(error, SystemExit):
        return f"it exits (code {error.code})"
    return " ".join(f"{type(error).__name__}: {error}".split())


def package_folder(pack: Entry) -> Path:
    """The folder of a task pack. Nothing is imported, not even the packages above it."""
    top, *below = pack.value.split(".")
    spec = find_spec(top) if top else None
    folders = [Path(folder, *below) for folder in (spec and spec.submodule_search_locations) or ()]
    for folder in folders:
        if folder.is_dir():
            return folder
    raise PluginError(
        f"task pack {pack.label} is left out: there is no package {pack.value}",
        distribution=pack.distribution,
        hint=way_out(pack.distribution),
    )


@contextmanager
def _watchdog(entry: Entry) -> Iterator[None]:
    """Name a plugin whose import has not returned after `SLOW_SECONDS`."""

    def bark() -> None:
        text = f"plugin {entry.label} has been loading for {SLOW_SECONDS:.0f} s; {way_out(entry.distribution)}\n"
        os.write(2, text.encode())

    timer = threading.Timer(SLOW_SECONDS, bark)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
