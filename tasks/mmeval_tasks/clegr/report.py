"""The aggregates of the official evaluator (sheet section 6.2), with careful figures beside the official ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from mmeval_tasks.clegr.scorers import Read


@dataclass(frozen=True, slots=True)
class Row:
    """One scored answer. `said` is None where nothing could be read; `wanted` is what it should have said."""

    type_string: str
    kind: str
    group: str
    subgroups: tuple[str, ...]
    scope: str
    correct: bool
    said: Read | None
    wanted: Read | None


def report(rows: Sequence[Row]) -> dict[str, Any]:
    """Accuracy overall, over types, and the figures of every type, group, scope and subgroup."""
    by_type = {name: _of_type(some) for name, some in _split(rows, lambda row: (row.type_string,)).items()}
    return {
        "n_examples": len(rows),
        "overall": {"accuracy": _accuracy(rows), "parse_failure_rate": _parse_failures(rows)},
        "macro_accuracy": macro_accuracy(rows),
        "by_type": by_type,
        "by_group": _breakdown(rows, lambda row: (row.group,)),
        "by_scope": _breakdown(rows, lambda row: (row.scope,)),
        "by_subgroup": _breakdown(rows, lambda row: row.subgroups),
    }


def macro_accuracy(rows: Sequence[Row]) -> float | None:
    """The mean of the types' accuracies."""
    types = _split(rows, lambda row: (row.type_string,)).values()
    return fmean(fmean(row.correct for row in some) for some in types) if rows else None


def _accuracy(rows: Sequence[Row]) -> float | None:
    return fmean(row.correct for row in rows) if rows else None


def _parse_failures(rows: Sequence[Row]) -> float | None:
    return fmean(row.said is None for row in rows) if rows else None


def _split(rows: Iterable[Row], keys: Callable[[Row], tuple[str, ...]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        for key in keys(row):
            found.setdefault(key, []).append(row)
    return found


def _breakdown(rows: Sequence[Row], keys: Callable[[Row], tuple[str, ...]]) -> dict[str, Any]:
    return {
        key: {
            "overall_accuracy": _accuracy(some),
            "n_examples": len(some),
            "type_metrics": {
                kind: _FIGURES[kind](of_kind) | {"n_examples": len(of_kind)}
                for kind, of_kind in _split(some, lambda row: (row.kind,)).items()
            },
        }
        for key, some in _split(rows, keys).items()
    }


def _of_type(rows: Sequence[Row]) -> dict[str, Any]:
    careful = {"true_accuracy": _accuracy(rows), "parse_failure_rate": _parse_failures(rows)}
    return _FIGURES[rows[0].kind](rows) | careful | {"n_examples": len(rows)}


# ---------------------------------------------------------------- figures by kind


def _exact(rows: Sequence[Row]) -> dict[str, float]:
    return {"accuracy": fmean(row.correct for row in rows)}


def _boolean(rows: Sequence[Row]) -> dict[str, float]:
    """Unreadable predictions count as the wrong class; rows whose label cannot be read are dropped."""
    known = [row for row in rows if row.wanted is not None]
    if not known:
        return {}
    counts = {(wanted, right): 0 for wanted in (True, False) for right in (True, False)}
    for row in known:
        counts[bool(row.wanted), row.correct] += 1
    figures = {"accuracy": fmean(row.correct for row in known)}
    both = all(counts[wanted, True] + counts[wanted, False] for wanted in (True, False))
    return figures | _two_classes(*counts.values()) if both else figures


def _two_classes(tp: int, fn: int, tn: int, fp: int) -> dict[str, float]:
    mcc_scale = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return {
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "f1_score_macro": (2 * tp / (2 * tp + fp + fn) + 2 * tn / (2 * tn + fp + fn)) / 2,
        "mcc": (tp * tn - fp * fn) / mcc_scale if mcc_scale else 0.0,
    }


def _numeric(rows: Sequence[Row]) -> dict[str, float]:
    """Over readable predictions only, as published: `exact_accuracy` can exceed the true accuracy."""
    pairs = [(row.said, row.wanted, row.correct) for row in rows]
    valid = [
        (said - wanted, right) for said, wanted, right in pairs if isinstance(said, float) and isinstance(wanted, float)
    ]
    if not valid:
        return {"n_valid_numeric_pairs": 0}
    return {
        "exact_accuracy": fmean(right for _, right in valid),
        "mae": fmean(abs(error) for error, _ in valid),
        "rmse": math.hypot(*(error for error, _ in valid)) / math.sqrt(len(valid)),
        "n_valid_numeric_pairs": len(valid),
    }


def _list(rows: Sequence[Row]) -> dict[str, float]:
    return {"mean_set_f1": fmean(set_f1(row.said, row.wanted) for row in rows)}


def set_f1(said: Read | None, wanted: Read | None) -> float:
    """F1 of two sets: 1 where both are empty, 0 where one is or either is not a set."""
    if not isinstance(said, frozenset) or not isinstance(wanted, frozenset):
        return 0.0
    return 2 * len(said & wanted) / (len(said) + len(wanted)) if said or wanted else 1.0


_FIGURES: Mapping[str, Callable[[Sequence[Row]], dict[str, float]]] = {
    "exact": _exact,
    "boolean": _boolean,
    "numeric": _numeric,
    "list": _list,
}
