"""The scalars of an analysis as rows of the table, and what `results.json` carries of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mmeval.types import MetricResult
from mmeval_tasks.layer_probes.analysis.measures import Curves, Doubles, mean_over, nan_mean
from mmeval_tasks.layer_probes.analysis.stages import FAMILIES, family
from mmeval_tasks.layer_probes.subject import Subject


def rows(subject: Subject, report: Mapping[str, Any], curves: Curves) -> Iterator[MetricResult]:
    """Scalars of the analysis; their intervals are of bootstrap draws over test inputs."""
    summary, t = report["summary"], report["stages"]["rule_T"]
    peak, blocks = summary["peak_layer"], report["model"]["n_blocks"]
    n = len(curves.labels)

    def row(name: str, value: float | None, draws: Doubles | None = None, better: bool | None = None) -> MetricResult:
        known = None if draws is None or np.isnan(draws).any() else draws
        around = None if known is None else tuple(float(end) for end in np.quantile(known, (0.025, 0.975)))
        spread = None if known is None else float(known.std(ddof=1))
        shown = float("nan") if value is None else value
        return MetricResult(name, shown, spread, around, n, n, {"scored": n}, better)  # type: ignore[arg-type]

    yield row("peak_acc", summary["peak_acc"], curves.replicates[:, 0, peak], better=True)
    yield row("peak_depth", summary["peak_depth"])
    for place, name in enumerate(("b1", "b2", "b3")):
        yield MetricResult(
            f"{name}_depth",
            t["fractions"][place] if t["boundaries"][name] <= blocks else math.nan,  # it never begins
            None,
            (t["ci"][place][0] / blocks, t["ci"][place][1] / blocks),
            n,
            n,
            {"scored": n},
            None,
        )
    draws = curves.relative_drop_draws[..., 1:-1]
    for name in FAMILIES:
        drawn = nan_mean(mean_over(draws, family(subject.prompts, name)))
        yield row(f"rel_drop_{name}", summary["mean_rel_drop"][name], drawn)
    if summary["selectivity_at_peak"] is not None:
        yield row("selectivity", summary["selectivity_at_peak"], better=True)


def details(report: Mapping[str, Any]) -> dict[str, Any]:
    """What `results.json` carries of `result.json`."""
    t = report["stages"]["rule_T"]
    return {
        "file": "result.json",
        "n_blocks": report["model"]["n_blocks"],
        "lambda": report["probe"]["lambda"],
        "boundaries": t["boundaries"],
        "boundaries_ci": t["ci"],
        "boundaries_rule_D": report["stages"]["rule_D"]["boundaries"],
        "stage_widths": t["widths"],
        "flags": report["stages"]["flags"],
        "chance": report["controls"]["chance"],
        "warnings": report["warnings"],
        "limits": report["limits"],
    }
