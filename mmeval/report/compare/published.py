"""Published scores beside those of compared runs, each with its setting and what stands against comparing it.

They come from the tasks themselves (`metadata.references`), and from lists of them (`mmeval.report.compare.listed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.errors import UsageError
from mmeval.report.compare.listed import TASKS, Listed, ListedModel, listed
from mmeval.report.compare.runs import Run, short_name
from mmeval.report.references import Reference, quantised, references

_SCORING = {
    "multiple_choice": "loglikelihood",
    "loglikelihood": "loglikelihood",
    "loglikelihood_rolling": "loglikelihood",
    "generate_until": "generation",
}
_NOT_STATED = "not stated"
_NOT_KNOWN = "not known"
OK, OFF = "ok", "off"
"""What the notes on a run of the same model begin with: it gives the published score again, or it does not."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A published score of a task or group and the runs' own, None where a run has none; `notes` say per run how they
    relate, and `told` whether any of them does more than to say why it is not compared.

    A run of the same model is `ok` within what the reference allows, else within half of its own 95 % interval.
    """

    task: str
    reference: Reference
    values: tuple[float | None, ...]
    notes: tuple[str, ...]
    told: bool


def beside(runs: Sequence[Run], sources: Sequence[str]) -> list[Beside]:
    """The published scores of all tasks and groups that a run has, in the first run's order.

    `sources` are as `listed` takes them. Raises SpecError or UsageError for an entry that lacks a key.
    """
    read = [listed(source) for source in sources]
    return [
        _beside(runs, name, reference)
        for name in _names(runs)
        for reference in dict.fromkeys(found for each in read for found in _found(runs, name, each))
    ]


def unmatched(runs: Sequence[Run], sources: Sequence[str]) -> list[str]:
    """A line for each list (the tasks' own aside) without a score on any task or group of the runs."""
    return [
        f"no published score of '{each.source}' is of a task or group of these runs"
        for each in map(listed, sources)
        if each.source != TASKS and not any(True for name in _names(runs) for _ in _found(runs, name, each))
    ]


def checked(run: Run, sources: Sequence[str]) -> list[Beside]:
    """The published scores of the run's own model, by its name: what a run of the same weights should give again."""
    return [entry for entry in beside([run], sources) if run.goes_by(entry.reference.weights)]


def off(runs: Sequence[Run], sources: Sequence[str]) -> list[set[tuple[str, str]]]:
    """For each run the tasks and metrics on which it does not reach the published score of its own model.

    The tasks' own scores are always among those that are looked at.
    """
    try:
        found = beside(runs, list(dict.fromkeys((TASKS, *sources))))
    except UsageError:  # what somebody else's task keeps under `references` need not be ours
        found = beside(runs, sources)
    return [
        {(entry.task, entry.reference.metric) for entry in found if entry.notes[place].startswith(OFF)}
        for place in range(len(runs))
    ]


def _names(runs: Sequence[Run]) -> Iterable[str]:
    return dict.fromkeys(name for run in runs for name in (*run.tasks, *run.groups))


def _found(runs: Sequence[Run], name: str, source: Listed) -> Iterator[Reference]:
    """What a source has on a task or group."""
    if source.source == TASKS:
        yield from _of_task(runs, name)
    yield from source.of(name)
    above = {group for run in runs for group in run.groups if name in run.leaves(group)}
    for model in source.models:
        if not {name, *above}.isdisjoint(model.references):
            for reference in _of_task(runs, name):
                if _names_model(reference, model):
                    yield reference.model_copy(update={"survey_confirmed": model.survey_confirmed})


def _names_model(reference: Reference, model: ListedModel) -> bool:
    """Whether a score is of a listed model: sources add to the name what was done with it."""
    name, known = short_name(reference.model), short_name(model.name)
    return name == known or name.startswith((f"{known} (", f"{known}-full"))


def _of_task(runs: Sequence[Run], name: str) -> list[Reference]:
    metadata = (run.config(name).get("metadata") or {} for run in runs)
    return [reference for each in metadata for reference in references(name, each)]


def _beside(runs: Sequence[Run], name: str, reference: Reference) -> Beside:
    rows = [next((row for row in run.scores(name) if row["metric"] == reference.metric), None) for run in runs]
    values = tuple(None if row is None else row["value"] for row in rows)
    notes = [_note(run, name, row, reference) for run, row in zip(runs, rows, strict=True)]
    return Beside(name, reference, values, tuple(note for note, _ in notes), any(told for _, told in notes))


def _note(run: Run, name: str, row: Mapping[str, Any] | None, reference: Reference) -> tuple[str, bool]:
    """How a run's score relates to a published one, and whether that is told or only why it is not."""
    if row is None or row["value"] is None:
        return "no such score", False
    if not reference.is_possible:
        return f"not used: no number of right answers of {reference.n} gives this", False
    if against := list(_against(run, name, row, reference)):
        return f"not comparable: {', '.join(against)}", False
    off, interval = row["value"] - reference.value, row["interval"]
    half = (interval[1] - interval[0]) / 2 if interval else None
    if not run.goes_by(reference.weights):
        return f"{100 * off:+.1f}{'' if half is None else f' ± {100 * half:.1f}'} points", True
    allowed = half if reference.within is None else reference.within
    if abs(off) <= (allowed or 0.0) + 1e-9:
        return OK, True
    return f"{OFF} by {100 * off:+.1f} points{'' if half is None else f' (± {100 * half:.1f})'}", True


def _against(run: Run, name: str, row: Mapping[str, Any], reference: Reference) -> Iterator[str]:
    """How the published score was measured otherwise, or may have been: a name alone makes no two scores comparable."""
    leaves = run.leaves(name)
    configs = [run.config(leaf) for leaf in leaves]
    yield from dict.fromkeys(said for config in configs for said in _other_data(config))
    scoring = "" if reference.scoring == _NOT_STATED else reference.scoring
    for what, published, here in (
        ("n", reference.n or _size(configs), row["n"]),
        ("shots", reference.shots, _only(run.data["n-shot"].get(leaf, 0) for leaf in leaves)),
        ("scoring", scoring, _only(_SCORING.get(config.get("output_type", ""), "") for config in configs)),
    ):
        if published in (None, ""):
            yield f"{what} not stated"
        elif published != here:
            yield f"{what} {published}, here {_NOT_KNOWN if here in (None, '') else here}"
    slices = [run.tasks.get(leaf, {}).get("slices", {}) for leaf in leaves]
    splits = dict.fromkeys(split for each in slices for split in each.get("split_id", ()))
    if reference.split_id and [reference.split_id] != list(splits):
        yield f"split {reference.split_id}, here {' + '.join(splits) or _NOT_KNOWN}"
    here = quantised(run.precision)
    if run.goes_by(reference.weights) and here != reference.quantised:
        yield f"weights {reference.quantised or 'not quantised'}, here {here or 'not quantised'}"


def _other_data(config: Mapping[str, Any]) -> Iterator[str]:
    """That a task ran on other data than its own, as far as the run says where they came from."""
    data = config.get("data") or {}
    if data.get("origin", "task") != "task":
        yield "data: local file" if data.get("files") else f"data: {data.get('source')}"


def _size(configs: Sequence[Mapping[str, Any]]) -> int | None:
    """How many samples the whole of the tasks has, as they say."""
    sizes = [(config.get("metadata") or {}).get("n") for config in configs]
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if len(known) == len(sizes) else None


def _only(values: Iterable[Any]) -> Any:
    """The value that all have; None where they differ."""
    different = set(values)
    return different.pop() if len(different) == 1 else None
