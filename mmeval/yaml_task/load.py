"""Task and group files -> tasks and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from mmeval.spec.group_spec import GroupSpec
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import Document
from mmeval.spec.yaml import load as load_document
from mmeval.task import Aggregate, Group
from mmeval.yaml_task.options import TaskOptions
from mmeval.yaml_task.python_task import PythonTask
from mmeval.yaml_task.task import YamlTask

__all__ = ["Names", "TaskOptions", "load", "load_task"]

_OF_THE_GROUP = frozenset({"task", "group_alias", "aggregate_metric_list"})


class Names(Protocol):
    """What group members may refer to besides tasks that are asked for by name alone."""

    def file_of(self, name: str) -> Path | None:
        """The YAML file behind a task or group name; None where there is none."""

    def tagged(self, name: str) -> Sequence[str]:
        """The tasks that carry a tag; empty for other names."""


def load(file: Path, options: TaskOptions, names: Names | None = None) -> Iterator[YamlTask | PythonTask | Group]:
    """What `file` defines: a task; or a group, behind whatever its members define or override.

    A member that is a bare name stays a name in `Group.members`, for the caller to load, unless the group overrides
    keys of it: then its task is built here, and `names` must know it. Raises SpecError.
    """
    document = load_document(file)
    if "group" in document.data and "class" not in document.data:
        yield from _Members(GroupSpec.parse(document), options, names).all()
    else:
        yield _built(document, options)


def _built(document: Document, options: TaskOptions) -> YamlTask | PythonTask:
    return PythonTask(document, options) if "class" in document.data else YamlTask(TaskSpec.parse(document), options)


def load_task(file: Path, options: TaskOptions | None = None) -> YamlTask:
    """The task of a YAML file."""
    return YamlTask(TaskSpec.from_file(file), options)


@dataclass
class _Members:
    """The members of one group. `handed` are the overrides of the groups and entries above it."""

    spec: GroupSpec
    options: TaskOptions
    names: Names | None
    handed: Mapping[str, Any] = field(default_factory=dict)
    above: tuple[str, ...] = ()

    def all(self) -> Iterator[YamlTask | PythonTask | Group]:
        """Everything that is defined below the group, and the group itself, children first."""
        members: list[str] = []
        for position, member in enumerate(self.spec.task):
            yield from self._member(member, position, members)
        yield _group(self.spec, tuple(members))

    @property
    def _overrides(self) -> Mapping[str, Any]:
        return {**self.spec.overrides, **self.handed}

    def _member(
        self, member: str | dict[str, Any], position: int, members: list[str]
    ) -> Iterator[YamlTask | PythonTask | Group]:
        if isinstance(member, str):
            if self._overrides:
                yield from self._named(member, {}, position, members)
            else:
                members.append(member)
        elif isinstance(member.get("group"), str):
            yield from self._subgroup(member, position, members)
        elif isinstance(member.get("task"), str):
            own = {key: value for key, value in member.items() if key != "task"}
            if self._file_of(member["task"]) or self._tagged(member["task"]):
                yield from self._named(member["task"], own, position, members)
            else:
                yield self._inline(member["task"], own, members)
        else:
            raise self.spec.error("a member is a name, or a mapping with the key 'task' or 'group'", "task", position)

    def _named(
        self, name: str, own: Mapping[str, Any], position: int, members: list[str]
    ) -> Iterator[YamlTask | PythonTask | Group]:
        """A task, group or tag that is known, with overrides for every task below it."""
        for tagged in self._tagged(name):
            yield from self._named(tagged, own, position, members)
        if self._tagged(name):
            return
        file = self._file_of(name)
        if file is None:
            problem = f"the member '{name}' is not known here, so that its keys could be overridden"
            raise self.spec.error(problem, "task", position)
        members.append(name)
        document = load_document(file)
        overrides = {**self._overrides, **own}
        if "group" in document.data:
            yield from self._below(GroupSpec.parse(document), overrides, position).all()
        else:
            yield self._task(document, overrides)

    def _subgroup(
        self, member: dict[str, Any], position: int, members: list[str]
    ) -> Iterator[YamlTask | PythonTask | Group]:
        """A known group with overrides, or one that the entry defines, under `<parent>::<name>`."""
        name = member["group"]
        own = {key: value for key, value in member.items() if key != "group"}
        if self._file_of(name) is not None:
            below = {key: value for key, value in own.items() if key not in _OF_THE_GROUP}
            yield from self._named(name, below, position, members)
            return
        data = {**own, "group": f"{self.spec.group}::{name}"}
        members.append(data["group"])
        document = replace(self.spec.document, data=data, origins={})
        yield from self._below(GroupSpec.parse(document), self._overrides, position).all()

    def _below(self, spec: GroupSpec, handed: Mapping[str, Any], position: int) -> _Members:
        if spec.group in (*self.above, self.spec.group):
            chain = " > ".join((*self.above, self.spec.group, spec.group))
            raise self.spec.error(f"the group contains itself: {chain}", "task", position)
        return _Members(spec, self.options, self.names, handed, (*self.above, self.spec.group))

    def _inline(self, name: str, own: Mapping[str, Any], members: list[str]) -> YamlTask | PythonTask:
        """A task that the entry itself defines, under `<group>::<name>`."""
        members.append(f"{self.spec.group}::{name}")
        empty = replace(self.spec.document, data={"task": members[-1]}, origins={})
        return self._task(empty, {**self._overrides, **own})

    def _task(self, document: Document, overrides: Mapping[str, Any]) -> YamlTask | PythonTask:
        data = {**document.data, **overrides}
        origins = {**document.origins, **dict.fromkeys(overrides, self.spec.document.file)}
        merged = replace(document, data=data, origins=origins)
        return _built(merged, self.options)

    def _file_of(self, name: str) -> Path | None:
        return None if self.names is None else self.names.file_of(name)

    def _tagged(self, name: str) -> Sequence[str]:
        return () if self.names is None else self.names.tagged(name)


def _group(spec: GroupSpec, members: tuple[str, ...]) -> Group:
    details = spec.metadata if isinstance(spec.metadata, dict) else {}
    return Group(
        name=spec.group,
        members=members,
        aggregate=tuple(
            Aggregate(
                str(one.metric), None if one.filter_list is None else tuple(one.filter_list), bool(one.weight_by_size)
            )
            for one in spec.aggregates
        ),
        alias=spec.group_alias or "",
        version=str(details.get("version", "N/A")),
        pooled=details.get("pooled") is True,
        own_metrics=details.get("own_metrics") is True,
    )
