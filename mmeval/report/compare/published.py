"""Published scores beside those of compared runs, each with its setting and what stands against comparing it.

They come from the tasks themselves (`metadata.references`) and from files: a YAML or JSON list of entries with the
keys of `mmeval.report.references.Reference` and `task`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mmeval.errors import SpecError, UsageError
from mmeval.report.compare.runs import Run
from mmeval.report.references import Reference, references

TASKS = "tasks"
"""The source that stands for what the tasks' own metadata says."""

_SCORING = {
    "multiple_choice": "loglikelihood",
    "loglikelihood": "loglikelihood",
    "loglikelihood_rolling": "loglikelihood",
    "generate_until": "generation",
}
_NOT_STATED = "not stated"
OK, OFF = "ok", "off"
"""What the notes on a run of the same model begin with: it gives the published score again, or it does not."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A published score and the runs' own, None where a run has none; `notes` say per run how they relate.

    A run of the same model is `ok` within what the reference allows, else within half of its own 95 % interval.
    """

    task: str
    reference: Reference
    values: tuple[float | None, ...]
    notes: tuple[str, ...]


def beside(runs: Sequence[Run], sources: Sequence[str]) -> list[Beside]:
    """The published scores of all tasks that a run has, by task in the first run's order.

    `sources` are `tasks` and paths of files. Raises SpecError or UsageError for an entry that lacks a key.
    """
    from_files = [entry for source in sources if source != TASKS for entry in read_published(Path(source))]
    tasks = dict.fromkeys(task for run in runs for task in run.tasks)
    found: list[Beside] = []
    for task in tasks:
        own = _of_tasks(runs, task) if TASKS in sources else []
        listed = [*own, *(reference for name, reference in from_files if name == task)]
        found += [_beside(runs, task, reference) for reference in dict.fromkeys(listed)]
    return found


def checked(run: Run, sources: Sequence[str]) -> list[Beside]:
    """The published scores of the run's own model, by its name: what a run of the same weights should give again."""
    return [entry for entry in beside([run], sources) if _is_of(entry.reference, run)]


def _is_of(reference: Reference, run: Run) -> bool:
    """Whether the names are the same; owner or folder before it and upper case do not count."""
    return reference.model.lower() == run.model.rstrip("/").rpartition("/")[2].lower()


def _of_tasks(runs: Sequence[Run], task: str) -> list[Reference]:
    metadata = (run.config(task).get("metadata") or {} for run in runs if task in run.tasks)
    return [reference for each in metadata for reference in references(task, each)]


def read_published(path: Path) -> list[tuple[str, Reference]]:
    """Published scores with the tasks that they are of."""
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"published scores: {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError("not YAML or JSON", file=path) from error
    if not isinstance(listed, list):
        raise SpecError("published scores are a list of entries", file=path)
    return [_entry(entry, number, path) for number, entry in enumerate(listed, start=1)]


def _entry(entry: Any, number: int, path: Path) -> tuple[str, Reference]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("task"), str):
        raise SpecError(f"entry {number} names no task", file=path)
    fields = {key: value for key, value in entry.items() if key != "task"}
    try:
        return entry["task"], Reference.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SpecError(f"entry {number}: {where}: {first['msg'].lower()}", file=path) from None


def _beside(runs: Sequence[Run], task: str, reference: Reference) -> Beside:
    rows = [_row(run, task, reference.metric) for run in runs]
    values = tuple(None if row is None else row["value"] for row in rows)
    notes = tuple(_note(run, task, row, reference) for run, row in zip(runs, rows, strict=True))
    return Beside(task, reference, values, notes)


def _row(run: Run, task: str, metric: str) -> Mapping[str, Any] | None:
    rows = run.rows(task) if task in run.tasks else ()
    return next((row for row in rows if row["metric"] == metric), None)


def _note(run: Run, task: str, row: Mapping[str, Any] | None, reference: Reference) -> str:
    if row is None or row["value"] is None:
        return "no such score"
    if not reference.is_possible:
        return f"not used: no number of right answers of {reference.n} gives this"
    if against := list(_against(run, task, row, reference)):
        return f"not comparable: {', '.join(against)}"
    off, interval = row["value"] - reference.value, row["interval"]
    half = (interval[1] - interval[0]) / 2 if interval else None
    if not _is_of(reference, run):
        return f"{100 * off:+.1f}{'' if half is None else f' ± {100 * half:.1f}'} points"
    allowed = half if reference.within is None else reference.within
    if abs(off) <= (allowed or 0.0) + 1e-9:
        return OK
    return f"{OFF} by {100 * off:+.1f} points{'' if half is None else f' (± {100 * half:.1f})'}"


def _against(run: Run, task: str, row: Mapping[str, Any], reference: Reference) -> Iterator[str]:
    """How the published score was measured otherwise, or may have been: a name alone makes no two scores comparable."""
    config = run.config(task)
    scoring = "" if reference.scoring == _NOT_STATED else reference.scoring
    for name, published, here in (
        ("n", reference.n or (config.get("metadata") or {}).get("n"), row["n"]),
        ("shots", reference.shots, run.data["n-shot"].get(task, 0)),
        ("scoring", scoring, _SCORING.get(config.get("output_type", ""), "")),
    ):
        if published in (None, ""):
            yield f"{name} not stated"
        elif published != here:
            yield f"{name} {published}, here {'not known' if here == '' else here}"
    split = " + ".join(run.tasks[task].get("slices", {}).get("split_id", ()))
    if reference.split_id and split and reference.split_id != split:
        yield f"split {reference.split_id}, here {split}"
