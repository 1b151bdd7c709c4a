"""Names -> plugin objects, one registry for each kind of plugin.

A registry lists names from package metadata and loads an object when it is first asked for; what it must be is
imported no sooner. What ships with mmeval is found through the same entry points as a stranger's package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import isclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

from mmeval.errors import PluginError, UnknownNameError
from mmeval.plugins import Entry, installed, way_out

if TYPE_CHECKING:
    from mmeval.model import Model
    from mmeval.types import Metric, Part

T = TypeVar("T")


class Registry(Generic[T]):
    """The plugins of one kind. `expected` says in words what must stand behind a name; `fits` checks it."""

    def __init__(self, kind: str, expected: str, fits: Callable[[Any], bool]) -> None:
        self.kind, self.group = kind, f"mmeval.{kind}s"
        self._expected, self._fits = expected, fits
        self._local: dict[str, T] = {}
        self._loaded: dict[Entry, T] = {}

    def entries(self) -> tuple[Entry, ...]:
        """What installed distributions offer, from metadata alone."""
        return installed().by_group.get(self.group, ())

    def names(self) -> list[str]:
        """All names, sorted; nothing is imported."""
        return sorted({entry.name for entry in self.entries()} | self._local.keys())

    def __contains__(self, name: str) -> bool:
        return name in self._local or bool(self._matching(name))

    def register(self, name: str, value: T) -> None:
        """Add a name for this process. It beats installed ones."""
        self._local[name] = self._checked(value, f"'{name}', registered at run time,")

    def get(self, name: str) -> T:
        """The object behind `name` or `distribution:name`.

        Raises UnknownNameError with the nearest names, or PluginError where the plugin is broken or two
        distributions claim the name.
        """
        if name in self._local:
            return self._local[name]
        found = self._matching(name)
        if not found:
            raise UnknownNameError(self.kind, name, self.names(), hint=f"see: mmeval ls {self.kind}s")
        if len(found) > 1:
            raise self._claimed_twice(name, found)
        return self._load(found[0])

    def origin(self, name: str) -> str:
        """The distribution and version that provide `name`; empty for names registered at run time."""
        found = self._matching(name)
        return f"{found[0].distribution} {found[0].version}" if found and name not in self._local else ""

    def _matching(self, name: str) -> list[Entry]:
        distribution, _, short = name.rpartition(":")
        offered = [entry for entry in self.entries() if not distribution or entry.distribution == distribution]
        exact = [entry for entry in offered if entry.name == short]
        return exact or [entry for entry in offered if _plain(entry.name) == _plain(short)]

    def _load(self, entry: Entry) -> T:
        if entry not in self._loaded:
            self._loaded[entry] = self._checked(entry.load(), f"{entry.label} ({entry.value})", entry.distribution)
        return self._loaded[entry]

    def _checked(self, value: Any, label: str, distribution: str = "") -> T:
        if not self._fits(value):
            found = f"class {value.__name__}" if isclass(value) else f"{type(value).__name__} object"
            raise PluginError(
                f"{self.kind} {label} must be {self._expected}, not a {found}",
                distribution=distribution,
                hint=way_out(distribution) if distribution else "",
            )
        checked: T = value
        return checked

    def _claimed_twice(self, name: str, found: Iterable[Entry]) -> PluginError:
        owners = [entry.distribution for entry in found]
        return PluginError(
            f"{self.kind} '{name}' is claimed by {' and '.join(owners)}",
            hint=f"say which: {' or '.join(f'{owner}:{name}' for owner in owners)}",
        )


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _model(value: Any) -> bool:
    from mmeval.model import Model

    return isclass(value) and issubclass(value, Model)


def _metric(value: Any) -> bool:
    from mmeval.types import Metric

    return isinstance(value, Metric)


def _task(value: Any) -> bool:
    from mmeval.task import Group, Task

    return isinstance(value, Task | Group) or (callable(value) and not (isclass(value) and not issubclass(value, Task)))


def _names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


@runtime_checkable
class _Adapter(Protocol):
    """What `mmeval.prompt.adapters.Adapter` has."""

    name: str
    source: str
    target: str
    translate: Callable[[Part], Part]


TASKS: Registry[Any] = Registry("task", "a Task class, a function that returns a Task, or a Group", _task)
TAGS: Registry[tuple[str, ...]] = Registry("tag", "a tuple of task names", _names)
MODELS: Registry[type[Model]] = Registry("model", "a subclass of mmeval.Model", _model)
METRICS: Registry[Metric] = Registry("metric", "an mmeval.Metric", _metric)
EXTRACTORS: Registry[Any] = Registry("extractor", "a function or class", callable)
ADAPTERS: Registry[Any] = Registry(
    "adapter", "an adapter with name, source, target and translate", lambda value: isinstance(value, _Adapter)
)
REPORTERS: Registry[Any] = Registry("reporter", "a function (results, directory) -> paths", callable)
VARIANTS: Registry[Any] = Registry("variant", "a function (sample, ask, rng) -> ask", callable)
COMMANDS: Registry[Any] = Registry("command", "a click command", lambda value: callable(value) and not isclass(value))
GENERATORS: Registry[Any] = Registry("generator", "a function (argv) -> exit code", callable)

REGISTRIES: dict[str, Registry[Any]] = {
    registry.kind: registry
    for registry in (TASKS, TAGS, MODELS, METRICS, EXTRACTORS, ADAPTERS, REPORTERS, VARIANTS, COMMANDS, GENERATORS)
}


def register(kind: str, name: str, value: Any) -> None:
    """Add a name of any kind for this process; what `mmeval_register` hooks call."""
    if kind not in REGISTRIES:
        raise UnknownNameError("plugin kind", kind, REGISTRIES)
    REGISTRIES[kind].register(name, value)
