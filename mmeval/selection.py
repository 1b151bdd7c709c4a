"""The tasks of a run: patterns matched, groups and tags expanded, each task constructed once with its arguments."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mmeval.catalog import Catalog
from mmeval.errors import PluginError, SpecError, UnknownNameError, UsageError
from mmeval.prompt.generation import budget
from mmeval.registry import TASKS
from mmeval.spec.arguments import bind, parameters, takes
from mmeval.spec.run_config import RunConfig
from mmeval.task import Group, Task
from mmeval.yaml_task.load import TaskOptions, load
from mmeval.yaml_task.task import YamlTask


@dataclass(frozen=True)
class SelectedGroup:
    """A group of the run: its direct members, and all tasks below it."""

    group: Group
    members: tuple[str, ...]
    leaves: tuple[str, ...]


@dataclass
class Selection:
    """The tasks of a run, each once, in the order of the request; the groups above them; where each came from."""

    tasks: list[Task] = field(default_factory=list)
    groups: list[SelectedGroup] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)


def select(catalog: Catalog, config: RunConfig) -> Selection:
    """The tasks of `catalog` that `config.tasks` names, constructed with their arguments."""
    if not config.tasks:
        raise UsageError("--tasks names no task", hint="see: mmeval ls tasks")
    builder = _Builder(catalog, config)
    for pattern in config.tasks:
        for name in _matching(catalog, pattern):
            builder.add(name)
    builder.check_arguments()
    return builder.selection


def _matching(catalog: Catalog, pattern: str) -> Iterable[str]:
    if pattern in catalog or _is_path(pattern):
        return (pattern,)
    names = catalog.names()
    matches = [name for name in names if fnmatchcase(name, pattern)]
    if not matches:
        raise UnknownNameError("task", pattern, names, hint="see: mmeval ls tasks")
    return matches


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml", ".py")) or (("/" in name or "\\" in name) and Path(name).is_dir())


def task_options(config: RunConfig) -> TaskOptions:
    """What a run says about tasks from YAML."""
    return TaskOptions(
        num_fewshot=config.num_fewshot,
        fewshot_seed=config.seeds.fewshot,
        gen_kwargs=config.gen_kwargs,
        data_dir=config.data_dir,
        dataset_override=config.dataset_override,
        offline=config.offline,
        metadata={**config.model_args, **config.metadata},
        trust_remote_code=config.trust_remote_code,
        confirm_run_unsafe_code=config.confirm_run_unsafe_code,
        no_task_code=config.no_task_code,
        task_args=config.task_args,
    )


class _Builder:
    """Collects a selection: expands groups and tags, constructs each task once."""

    def __init__(self, catalog: Catalog, config: RunConfig) -> None:
        self.selection = Selection()
        self._catalog, self._config, self._options = catalog, config, task_options(config)
        self._taken: set[str] = set()
        self._above: list[str] = []
        self._waiting: dict[str, tuple[Task | Group, str]] = {}

    def add(self, name: str) -> tuple[str, ...]:
        """Add what `name` stands for; the names of the tasks below it."""
        if name in self._above:
            raise UsageError(f"group '{name}' contains itself: {' > '.join([*self._above, name])}")
        if name in self._waiting:
            return self._add_one(*self._waiting.pop(name))
        if tagged := self._catalog.tagged(name):
            return tuple(leaf for member in tagged for leaf in self.add(member))
        if name in self.selection.origins:
            return (name,)
        known = [group.leaves for group in self.selection.groups if group.group.name == name]
        return known[0] if known else self._add_loaded(name)

    def _add_loaded(self, name: str) -> tuple[str, ...]:
        """What a file defines for a group waits until the group's members come to it: their order is the run's."""
        loaded = {one.name: (one, origin) for one, origin in self._load(name)}
        self._waiting |= loaded
        members = {member for one, _ in loaded.values() if isinstance(one, Group) for member in one.members}
        return tuple(leaf for one in loaded if one not in members for leaf in self.add(one))

    def _add_one(self, loaded: Task | Group, origin: str) -> tuple[str, ...]:
        if isinstance(loaded, Group):
            return self._add_group(loaded)
        if loaded.name not in self.selection.origins:
            for line in loaded.spec.warnings if isinstance(loaded, YamlTask) else ():
                self._catalog.note(line)
            self.selection.tasks.append(loaded)
            self.selection.origins[loaded.name] = origin
        return (loaded.name,)

    def _add_group(self, group: Group) -> tuple[str, ...]:
        self._above.append(group.name)
        below = [self.add(member) for member in group.members]
        self._above.pop()
        leaves = tuple(leaf for names in below for leaf in names)
        if len(set(leaves)) < len(leaves):
            twice = next(leaf for leaf in leaves if leaves.count(leaf) > 1)
            raise UsageError(f"group '{group.name}' reaches task '{twice}' twice: its samples would count twice")
        if all(known.group.name != group.name for known in self.selection.groups):
            self.selection.groups.append(SelectedGroup(group, group.members, leaves))
        return leaves

    def _load(self, name: str) -> Iterator[tuple[Task | Group, str]]:
        entry = self._catalog.find(name)
        if entry is not None:
            yield from ((loaded, str(entry.file)) for loaded in load(entry.file, self._options, self._catalog))
        elif name.endswith(".py"):
            for factory in _tasks_in(Path(name)):
                yield self._construct(factory.name or factory.__name__, factory), f"local file {name}"
        elif _is_path(name):
            for file in sorted(Path(name).glob("*.yaml")) if Path(name).is_dir() else [Path(name)]:
                yield from ((loaded, f"local file {file}") for loaded in load(file, self._options, self._catalog))
        else:
            yield self._construct(name, TASKS.get(name)), TASKS.origin(name)

    def _construct(self, name: str, factory: Any) -> Task | Group:
        if isinstance(factory, Task | Group):
            return factory
        task: Task | Group = factory(**self._arguments(name, factory))
        if isinstance(task, Task):
            task.name = task.name or name.rpartition(":")[2]
        elif not isinstance(task, Group):
            raise PluginError(
                f"task '{name}' is a {type(task).__name__}, not a Task", hint="its entry point must give one"
            )
        return task

    def _arguments(self, name: str, factory: Any) -> dict[str, Any]:
        config = self._config
        general = {key: value for key, value in config.task_args.get("", {}).items() if takes(factory, key)}
        self._taken |= general.keys()
        offered = {
            "num_fewshot": config.num_fewshot,
            "data_dir": config.data_dir,
            "offline": config.offline or None,
            "dataset": config.dataset_override.get(name),
            # they go before a task's own in every request; a task that reckons with them should know
            "max_tokens": budget(config.gen_kwargs),
            **{key: config.gen_kwargs.get(key) for key in ("temperature", "top_p", "top_k")},
        }
        fitting = {key: value for key, value in offered.items() if value is not None and takes(factory, key)}
        return bind(factory, {**fitting, **general, **config.task_args.get(name, {})}, f"task '{name}'")

    def check_arguments(self) -> None:
        """Refuse arguments that no selected task declares, or that name a task which is not selected."""
        selected = {task.name for task in self.selection.tasks}
        config = self._config
        for option, named in (
            ("--task_args", config.task_args.keys() - {""}),
            ("--dataset_override", config.dataset_override.keys()),
            ("--samples", config.samples.keys()),
        ):
            for name in sorted(named - selected):
                raise self._not_selected(option, name, selected)
        for key in self._config.task_args.get("", {}).keys() - self._taken:
            declared = {name for task in self.selection.tasks for name in parameters(type(task))}
            raise UnknownNameError(
                "task argument", key, declared, hint="no selected task declares it (mmeval show TASK)"
            )

    def _not_selected(self, option: str, name: str, selected: Collection[str]) -> UsageError:
        leaves = {group.group.name: group.leaves for group in self.selection.groups}
        if name in leaves:
            return UsageError(f"{option}: '{name}' is a group", hint=f"name its tasks: {', '.join(leaves[name])}")
        if name in self._catalog:
            return UsageError(f"{option}: '{name}' is no task of this run", hint=f"its tasks: {', '.join(selected)}")
        return UnknownNameError(f"task in {option}:", name, selected)


def _tasks_in(file: Path) -> list[type[Task]]:
    """The task classes that a Python file defines."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise SpecError(f"{type(error).__name__}: {error}", file=file) from error
    own = [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]
    tasks = [value for value in own if issubclass(value, Task) and not inspect.isabstract(value)]
    if not tasks:
        raise SpecError("defines no task (a class derived from mmeval.Task)", file=file)
    return tasks
