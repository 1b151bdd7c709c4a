"""Installed plugins: what package metadata says of them, and loading them one by one behind a guard.

Listing reads metadata only. Nothing of a plugin is imported before something of it is asked for, and a plugin
that raises, exits or hangs on import is named with its distribution and breaks nothing else.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import Distribution, EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pluggy

from mmeval import hookspecs
from mmeval.errors import PluginError

API_VERSION = 1
"""Version of the plugin interface. A distribution may declare the one it was written for:
`[project.entry-points."mmeval.api"]` with the line `version = "1"`."""

OWN_DISTRIBUTION = "mmeval-harness"
SLOW_SECONDS = 5.0

_HOOK_GROUP = "mmeval"
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
        try:
            with _watchdog(self):
                return EntryPoint(self.name, self.value, self.group).load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may exit or skip; whatever it does is its own
            raise PluginError(
                f"plugin {self.label} cannot be loaded: {_cause(error)}",
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
    """Read the metadata of all installed distributions once."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    disabled: list[str] = []
    for distribution in distributions():
        try:
            text = distribution.read_text("entry_points.txt") or ""
            if "[mmeval" not in text or (name := _name(distribution)) in {entry.distribution for entry in entries}:
                continue
            if not _enabled(name):
                disabled.append(name)
                continue
            entries += _entries(distribution, name)
        except Exception as error:  # noqa: BLE001  another package's metadata may hold anything
            problems.append(_problem(distribution, error))
    _own_name(problems)
    entries.sort(key=lambda entry: (entry.distribution, entry.group))
    return Installed(tuple(entries), tuple(problems), tuple(sorted(disabled)))


def _name(distribution: Distribution) -> str:
    name = distribution.metadata["Name"]
    if not name:
        raise ValueError("its metadata has no name")
    return name


def _entries(distribution: Distribution, name: str) -> Iterator[Entry]:
    own = [point for point in distribution.entry_points if point.group.split(".")[0] == _HOOK_GROUP]
    wanted = {point.value for point in own if point.group == _API_GROUP} - {str(API_VERSION)}
    if wanted:
        raise PluginError(f"it is written for plugin API {', '.join(sorted(wanted))}, this mmeval has {API_VERSION}")
    version = distribution.version if own else ""  # every look at it reads all of the metadata
    for point in own:
        if point.group != _API_GROUP:
            yield Entry(point.group, point.name, point.value, name, version)


def _enabled(name: str) -> bool:
    """`MMEVAL_PLUGINS` names the only distributions to use, `MMEVAL_DISABLE_PLUGINS` those to leave out."""
    only, never = os.environ.get("MMEVAL_PLUGINS"), os.environ.get("MMEVAL_DISABLE_PLUGINS", "")
    if name == OWN_DISTRIBUTION:
        return True
    return (only is None or _plain(name) in _listed(only)) and _plain(name) not in _listed(never)


def _listed(value: str) -> set[str]:
    return {_plain(name) for name in value.split(",") if name.strip()}


def _plain(name: str) -> str:
    """A distribution name in one spelling: `Mmeval_Example` and `mmeval-example` are the same to pip."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


def _cause(error: BaseException) -> str:
    """What a plugin did, in one line."""
    if isinstance(error, SystemExit):
        return f"it exits (code {error.code})"
    return " ".join(f"{type(error).__name__}: {error}".split())


def _problem(distribution: Distribution, error: Exception) -> Problem:
    try:
        name = _name(distribution)
    except Exception:  # noqa: BLE001  the metadata is what is broken
        # the folder of the metadata, which a path-based distribution keeps to itself
        name = str(getattr(distribution, "_path", distribution.locate_file("")))
    if isinstance(error, PluginError):
        return Problem(name, f"{error} ({way_out(name)})")
    return Problem(name, f"broken metadata: {_cause(error)} (reinstall or uninstall it)")


def _own_name(problems: list[Problem]) -> None:
    """The index has an unrelated project called `mmeval` whose files lie over ours when both are installed."""
    if any(True for _ in Distribution.discover(name="mmeval")):
        cause = "it is another project that owns the same import name; run: pip uninstall mmeval && pip install "
        problems.append(Problem("mmeval", f"{cause}--force-reinstall {OWN_DISTRIBUTION}"))


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


class Hooks:
    """The plugin modules that watch runs. `warn` is told, in one line, of each plugin that failed."""

    def __init__(self, warn: Callable[[str], None], entries: tuple[Entry, ...] | None = None) -> None:
        self._warn = warn
        self._manager = pluggy.PluginManager("mmeval")
        self._manager.add_hookspecs(hookspecs)
        for entry in installed().by_group.get(_HOOK_GROUP, ()) if entries is None else entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        try:
            module = entry.load()
            if not self._manager.is_registered(module):
                self._manager.register(module, name=f"{entry.distribution}:{entry.name}")
                self._manager.check_pending()
        except PluginError as error:
            self._warn(f"{error} ({error.hint})")
        except pluggy.PluginValidationError as error:
            self._manager.unregister(name=f"{entry.distribution}:{entry.name}")
            self._warn(f"plugin {entry.label} is left out: {_cause(error)} ({way_out(entry.distribution)})")

    def call(self, hook: str, **arguments: Any) -> list[Any]:
        """Call `hook` of every plugin; the results of those that did not fail."""
        results = []
        plugins = self._manager.list_name_plugin()
        for name, plugin in plugins:
            others = [other for _, other in plugins if other is not plugin]
            try:
                results += self._manager.subset_hook_caller(hook, others)(**arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001  an observer may not end a run
                way = way_out(name.partition(":")[0])
                self._warn(f"hook {hook} of plugin {name} failed: {_cause(error)} ({way})")
        return results
