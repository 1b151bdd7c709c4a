"""The keys of a group file: members, what is aggregated, and overrides for every task below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, PrivateAttr, StrictStr

from mmeval.errors import SpecError
from mmeval.spec.problems import problems
from mmeval.spec.task_spec import Function, Names
from mmeval.spec.yaml import Document

Member: TypeAlias = StrictStr | dict[str, Any]


def _as_members(value: str | list[Member]) -> list[Member]:
    return [value] if isinstance(value, str) else value


class AggregateSpec(BaseModel):
    """One metric of a group: the mean over its leaves. Keys that lm-eval's documentation shows besides are allowed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    metric: StrictStr | Function
    filter_list: Names | None = None
    aggregation: StrictStr | Function = "mean"
    weight_by_size: Any = True
    """Any true value, as in lm-eval."""


class GroupSpec(BaseModel):
    """A group file. Members are names of tasks, groups and tags, or mappings that override or define one."""

    model_config = ConfigDict(extra="allow", frozen=True)

    group: StrictStr
    group_alias: StrictStr | None = None
    task: Annotated[StrictStr | list[Member], AfterValidator(_as_members)]
    tag: Names | None = None
    aggregate_metric_list: AggregateSpec | list[AggregateSpec] | None = None
    metadata: Any = None

    _document: Document = PrivateAttr()

    @classmethod
    def parse(cls, document: Document) -> Self:
        """The checked group of `document`; raises its first problem as a SpecError."""
        found = problems(cls, document.data, document)
        if found:
            raise found[0]
        spec = cls.model_validate(document.data)
        spec._document = document
        return spec

    @property
    def aggregates(self) -> Sequence[AggregateSpec]:
        """What is aggregated, as a list."""
        listed = self.aggregate_metric_list
        return listed if isinstance(listed, list) else [listed] if listed else []

    @property
    def overrides(self) -> Mapping[str, Any]:
        """Task keys that every leaf below takes over."""
        return {key: value for key, value in (self.model_extra or {}).items() if key != "include"}

    @property
    def document(self) -> Document:
        return self._document

    def error(self, problem: str, *path: str | int, hint: str = "") -> SpecError:
        return self._document.error(f"group '{self.group}': {problem}", *path, hint=hint)
