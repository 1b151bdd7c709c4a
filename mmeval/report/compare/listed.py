"""Lists of published scores: those of task packs, and files of the user's own.

A pack (`mmeval.task_packs`) may have two files in its folder. `published.yml` is a list of entries with the keys of
`mmeval.report.references.Reference` and `task`, which is a task or a group; so is a user's file, YAML or JSON.
`models.yml` has `models` (`ListedModel`): what is known of specialised models, with their own figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from mmeval.errors import PluginError, SpecError, UsageError
from mmeval.plugins import Entry, installed, package_folder
from mmeval.report.references import Reference

TASKS = "tasks"
"""The source that stands for what the tasks' own metadata and their packs say."""
MODELS = "models"
"""The source that stands for the specialised models that packs list."""
_PACKS = "mmeval.task_packs"

Entries = TypeVar("Entries", bound=BaseModel)


class Figure(BaseModel):
    """A published figure of a model, in per cent. With a `task`, `metric` is one of its metrics by name; else both are
    said in words. `counterpart` is that of the general model in the same source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str
    metric: str
    value: float
    source: str
    mark: str
    task: str = ""
    setting: str = "own"
    counterpart: float | None = None
    n: int | None = None


class ListedModel(BaseModel):
    """A specialised model. `references` names tasks whose own metadata has its scores; `not_found` what was looked for
    in vain. A model with a `survey_row` is in the survey for sure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    year: int
    domain: str | None = None
    specialisation: str | None = None
    modular: str | None = None
    architecture: str = ""
    base_model: str | None = None
    general_counterpart: str | None = None
    survey_row: int | None = None
    figures: tuple[Figure, ...] = ()
    references: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    caution: str = ""

    @property
    def survey_confirmed(self) -> bool:
        """Whether the model is known to be in the survey that the list goes by."""
        return self.survey_row is not None

    def scores(self) -> Iterator[tuple[str, Reference]]:
        """Its figures on tasks, and those of its general counterpart."""
        for figure in self.figures:
            if figure.task:
                yield figure.task, self._score(figure, self.name, figure.value)
                if figure.counterpart is not None:
                    yield figure.task, self._score(figure, str(self.general_counterpart), figure.counterpart)

    def _score(self, figure: Figure, model: str, value: float) -> Reference:
        own, decimals = model == self.name, 2 + len(f"{value:g}".partition(".")[2])
        return Reference(
            model=model,
            metric=figure.metric,
            value=round(value / 100, decimals),
            decimals=decimals,
            n=figure.n,
            setting=figure.setting,
            source=figure.source,
            mark=figure.mark,
            note=self.caution if own else f"beside {self.name}",
            survey_confirmed=self.survey_confirmed if own else None,
        )


@dataclass(frozen=True)
class Listed:
    """What a source lists: scores by task or group, and models."""

    source: str
    scores: Sequence[tuple[str, Reference]] = ()
    models: Sequence[ListedModel] = ()

    def of(self, name: str) -> list[Reference]:
        """The scores on a task or group."""
        return [reference for task, reference in self.scores if task == name]


def listed(source: str) -> Listed:
    """What `tasks`, `models`, the name of a task pack or a path stands for. Raises SpecError or UsageError."""
    packs = installed().by_group.get(_PACKS, ())
    if source == TASKS:
        return Listed(source, [entry for path in _files(packs, "published.yml") for entry in read_published(path)])
    if source == MODELS:
        models = [model for path in _files(packs, "models.yml") for model in read_models(path)]
        return Listed(source, [score for model in models for score in model.scores()], models)
    pack = next((pack for pack in packs if pack.name == source), None)
    if pack is None or Path(source).is_file():
        return Listed(source, read_published(Path(source)))
    path = package_folder(pack) / "published.yml"
    if not path.is_file():
        raise UsageError(f"the task pack '{source}' has no {path.name}")
    return Listed(source, read_published(path))


def _files(packs: Sequence[Entry], name: str) -> Iterator[Path]:
    for pack in packs:
        try:
            path = package_folder(pack) / name
        except PluginError:
            continue  # `mmeval plugins` says what is wrong with it
        if path.is_file():
            yield path


def read_published(path: Path) -> list[tuple[str, Reference]]:
    """Published scores with the tasks or groups that they are of."""
    entries = _yaml(path)
    if not isinstance(entries, list):
        raise SpecError("published scores are a list of entries", file=path)
    return [_entry(entry, number, path) for number, entry in enumerate(entries, start=1)]


def _entry(entry: Any, number: int, path: Path) -> tuple[str, Reference]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("task"), str):
        raise SpecError(f"entry {number} names no task", file=path)
    fields = {key: value for key, value in entry.items() if key != "task"}
    return entry["task"], _valid(Reference, fields, f"entry {number}", path)


def read_models(path: Path) -> list[ListedModel]:
    """The models of a `models.yml`."""
    data = _yaml(path)
    if not isinstance(data, Mapping) or not isinstance(data.get("models"), list):
        raise SpecError("a list of models has the key 'models'", file=path)
    return [_valid(ListedModel, model, f"model {number}", path) for number, model in enumerate(data["models"], start=1)]


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        packs = [pack.name for pack in installed().by_group.get(_PACKS, ())]
        raise UsageError(
            f"published scores: {path} cannot be read: {error.strerror}",
            hint=f"a file, or one of {', '.join((TASKS, MODELS, *packs))}",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError("not YAML or JSON", file=path) from error


def _valid(kind: type[Entries], fields: Any, name: str, path: Path) -> Entries:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SpecError(f"{name}: {where}: {first['msg'].lower()}", file=path) from None
