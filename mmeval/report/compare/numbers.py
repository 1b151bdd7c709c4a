"""All numbers of a comparison: as one JSON object, and as flat rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from mmeval.report.compare.compared import Compared
from mmeval.report.compare.comparison import Comparison, runs_of
from mmeval.report.compare.domains import DomainGain
from mmeval.report.compare.evidence import Evidence
from mmeval.report.compare.rows import NOT_COMPARABLE, REFUSED, Row
from mmeval.report.compare.runs import Run
from mmeval.report.compare.speed import against
from mmeval.report.compare.tables import LETTERS

FORMAT = 1
_PAIRS = ("interval", "discordant")
"""Keys of two numbers, or none."""


def as_json(compared: Compared) -> dict[str, Any]:
    """All numbers of a comparison."""
    runs = runs_of(compared.comparisons)
    return {
        "format": FORMAT,
        "runs": {letter: _run(run, runs[0]) for letter, run in zip(LETTERS, runs, strict=False)},
        "comparisons": [
            {
                "runs": ["A", letter],
                "rows": [*map(_row, comparison.rows), *_refused(comparison)],
                "groups": [_row(row) for row in comparison.groups],
                "refused": dict(comparison.refused),
                "alone": [list(tasks) for tasks in comparison.alone],
            }
            for letter, comparison in zip(LETTERS[1:], compared.comparisons, strict=False)
        ],
        "specializations": [
            {
                "runs": ["A", letter],
                "of": "A" if each.of_one else letter,
                "domain": each.domain,
                "G_on": _gain(each.on),
                "G_off": _gain(each.off),
                "worth_it": each.worth_it,
            }
            for letter, each in compared.specializations
        ],
        "gains": [{"run": letter, **_gain(gain)} for letter, gain in compared.gains],
        "ablations": [
            {
                "runs": [LETTERS[each.one], LETTERS[each.other]],
                "base": each.base,
                "changes": each.changes,
                "gain": _gain(each.gain),
            }
            for each in compared.ablations
        ],
        "figures": {picture.name: picture.rows for picture in compared.pictures},
        "published": [
            {"task": each.task, **each.reference.model_dump(), "values": each.values, "notes": each.notes}
            for each in compared.published
        ],
        "remarks": compared.remarks,
    }


def _run(run: Run, first: Run) -> dict[str, Any]:
    return {
        "directory": str(run.directory),
        "model": run.model,
        "config": run.data["config"],
        "efficiency": run.data.get("efficiency"),
        "efficiency_not_comparable": against(first, run),
    }


def _gain(gain: DomainGain) -> dict[str, Any]:
    return {**asdict(gain), "verdict": gain.verdict}


def _row(row: Row) -> dict[str, Any]:
    data = asdict(row)
    for name, side in (("one", row.one), ("other", row.other)):
        data[name] |= {"over_chance": row.over_chance(side), "flags": row.flags_of(side)}
    return {**data, "verdict": row.verdict, "adjusted": row.adjusted, "flags": row.flags}


def _refused(comparison: Comparison) -> list[dict[str, Any]]:
    """A row for each task that is not compared, with the reason and nothing to be mistaken for a figure."""
    empty = dict.fromkeys((*Row.__dataclass_fields__, "adjusted"))
    return [
        {**empty, "task": task, "problem": reason, "verdict": REFUSED, "flags": [NOT_COMPARABLE]}
        for task, reason in comparison.refused.items()
    ]


def flat_rows(compared: Compared) -> list[dict[str, Any]]:
    """The rows of tasks and groups, each with all columns: one for each number, and for each baseline of any row.
    Those of refused tasks have no figures.
    """
    rows = [row for each in compared.comparisons for row in (*each.rows, *each.groups)]
    baselines = dict.fromkeys(name for row in rows for name in row.baselines)
    return [
        {"run": letter, "kind": kind, **row}
        for letter, comparison in zip(LETTERS[1:], compared.comparisons, strict=False)
        for kind, found in (
            ("task", [_flat_row(row, baselines) for row in comparison.rows]),
            ("task", [_flat(_stated(row)) for row in _refused(comparison)]),
            ("group", [_flat_row(row, baselines) for row in comparison.groups]),
        )
        for row in found
    ]


def _stated(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}


def _flat_row(row: Row, baselines: Iterable[str]) -> dict[str, Any]:
    data = _row(row)
    data["tested"] = data["tested"] or {each.name: None for each in fields(Evidence)}
    data["baselines"] = {name: row.baselines.get(name) for name in baselines}
    return _flat(data)


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}_")
        elif key in _PAIRS:
            flat |= {f"{name}_{place}": each for place, each in enumerate(value or (None, None))}
        else:
            flat[name] = "; ".join(map(str, value)) if isinstance(value, tuple | list) else value
    return flat
