"""The figures that belong beside an accuracy on OmniMedVQA, and the report as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from mmeval.types import Outcome, Sample, SampleScore
from mmeval_tasks.omnimedvqa.labels import MODALITIES, TYPES

KEYS = ("modality", "question_type", "source")
_PLURAL = {"modality": "modalities (macro)", "question_type": "question types (macro)", "source": "sources (macro)"}


@dataclass(frozen=True, slots=True)
class Row:
    """One counted sample: its value of the headline metric, and its slice keys."""

    value: float
    keys: Mapping[str, str]
    chance: float


def rows(scored: Iterable[SampleScore], samples: Mapping[str, Sample], metric: str) -> list[Row]:
    """The samples that count: all but errors and skipped ones."""
    return [
        Row(
            float(score.values.get(metric, 0.0)),
            {key: str(sample.metadata[key]) for key in KEYS},
            len(sample.target) / len(sample.doc["options"]),
        )
        for score in scored
        if score.outcome not in (Outcome.ERROR, Outcome.SKIPPED)
        for sample in [samples[score.sample_id]]
    ]


def figures(scored: Sequence[SampleScore], samples: Mapping[str, Sample], metric: str) -> dict[str, Any]:
    """Counts, micro and macro means, chance from the real numbers of options, the grid, and why nothing was read."""
    counted = rows(scored, samples, metric)
    return {
        "metric": metric,
        "n": {
            "asked": len(scored),
            "answered": len(counted),
            "parsed": sum(score.outcome is Outcome.SCORED for score in scored),
        },
        "micro": _mean(counted),
        "chance": fmean(row.chance for row in counted) if counted else None,
        "macro": {key: macro(counted, key) for key in KEYS},
        "by": {key: {name: _cell(some) for name, some in _by(counted, key).items()} for key in KEYS},
        "grid": grid(counted),
        "unparsed": dict(
            sorted(Counter(score.reason for score in scored if score.outcome is Outcome.UNPARSED).items())
        ),
    }


def macro(counted: Sequence[Row], key: str) -> float | None:
    """The mean over the values of `key`, each with the same weight."""
    means = [fmean(row.value for row in some) for some in _by(counted, key).values()]
    return fmean(means) if means else None


def grid(counted: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Modality by question type; a cell without items is None, not 0."""
    types = _ordered({row.keys["question_type"] for row in counted}, TYPES)
    return {
        modality: {kind: _cell([row for row in some if row.keys["question_type"] == kind]) for kind in types}
        for modality, some in _by(counted, "modality").items()
    }


def _by(counted: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in counted:
        found.setdefault(row.keys[key], []).append(row)
    return {name: found[name] for name in _ordered(found, MODALITIES if key == "modality" else TYPES)}


def _ordered(names: Iterable[str], known: Iterable[str]) -> list[str]:
    order = {name: place for place, name in enumerate(known)}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))


def _mean(counted: Sequence[Row]) -> float | None:
    return fmean(row.value for row in counted) if counted else None


def _cell(counted: Sequence[Row]) -> dict[str, Any] | None:
    return {"value": _mean(counted), "n": len(counted)} if counted else None


def markdown(title: str, figured: Mapping[str, Any], coverage: Mapping[str, Any], meaning: Mapping[str, str]) -> str:
    """The report of one task."""
    kinds = list(next(iter(figured["grid"].values()), {}))
    lines = [f"# {title}", ""]
    lines += _table(
        (figured["metric"], "mean"),
        [("items (micro)", _share(figured["micro"])), ("chance", _share(figured["chance"]))]
        + [(_PLURAL[key], _share(value)) for key, value in figured["macro"].items()],
    )
    lines += _table(
        ("modality", *kinds),
        [(name, *(_shown(cells[kind]) for kind in kinds)) for name, cells in figured["grid"].items()],
    )
    lines += _table(("source", "value (n)"), [(name, _shown(cell)) for name, cell in figured["by"]["source"].items()])
    if figured["unparsed"]:
        lines += _table(("not parsed because", "n"), [(name, str(n)) for name, n in figured["unparsed"].items()])
    if coverage:
        lines += [f"{coverage['scorable']} of {coverage['raw']} items can be scored.", ""]
        if coverage["codes"]:
            codes = [(code, str(count), meaning.get(code, "")) for code, count in coverage["codes"].items()]
            lines += _table(("code", "items", "meaning"), codes)
    return "\n".join(lines)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)] + [""]


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.2f} %"


def _shown(cell: Mapping[str, Any] | None) -> str:
    return "n/a" if cell is None else f"{_share(cell['value'])} ({cell['n']})"
