"""What a run says about lines and tokens: the task's `details`, its rows as JSON, and a picture."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmeval.metrics.statistics import wilson_interval
from mmeval.task import Artifacts
from mmeval.types import SampleScore, TaskResult
from mmeval_tasks.longreasonarena.analysis.fit import Row, band, binned, fit, logistic_slope
from mmeval_tasks.longreasonarena.analysis.groups import SMALLEST_GROUP
from mmeval_tasks.longreasonarena.analysis.published import CAVEATS
from mmeval_tasks.longreasonarena.analysis.spending import spending

ROWS_FILE = "rows.json"


def analyse(
    result: TaskResult,
    scored: Sequence[SampleScore],
    artifacts: Artifacts,
    level: str,
    published: Sequence[Mapping[str, Any]] = (),
) -> TaskResult:
    """`result` with the analysis in its details, small tags hidden, and the rows and the picture written.

    `published` are the authors' accuracies on the same rows.
    """
    records = _records(scored, artifacts)
    details: dict[str, Any] = {
        "lines": regression(records),
        "tokens": spending(records),
        "binomial_interval": _binomial(records),
        "endings": dict(Counter(record["ending"] for record in records)),
        "reasons": dict(Counter(record["reason"] for record in records if record["reason"])),
        "budget_reduced": sum(record["budget_reduced"] for record in records),
    }
    if published:
        details["published"] = {"caveats": CAVEATS, "rows": list(published)}
    kept = {"level": level, "comparable": bool(published), "rows": records}
    (artifacts.directory / ROWS_FILE).write_text(json.dumps(kept), encoding="utf-8")
    draw(details["lines"], records, artifacts.directory / "accuracy.png", level)
    tags = {tag: rows for tag, rows in result.slices.get("tags", {}).items() if rows[0].total >= SMALLEST_GROUP}
    return replace(result, slices={**result.slices, "tags": tags}, details={**result.details, **details})


def regression(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bins, line, bootstrap band and logistic slope as JSON data; `fit` is None for fewer than three bins."""
    rows = [Row(math.log10(record["line"]), record["acc"], record["problem"]) for record in records]
    found, around = fit(rows), band(rows)
    return {
        "bins": [asdict(point) for point in binned(rows)],
        "fit": None if found is None else {**asdict(found), "zero": found.zero},
        "band": None if around is None else asdict(around),
        "logistic_slope": logistic_slope(rows),
        "n": len(rows),
    }


def draw(lines: Mapping[str, Any], records: Sequence[Mapping[str, Any]], path: Path, title: str) -> None:
    """Write the picture where matplotlib is installed (extra `report`)."""
    if records and find_spec("matplotlib") is not None:
        from mmeval_tasks.longreasonarena.analysis.picture import save

        save(lines, records, path, title)


def _binomial(records: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """95 % interval of the accuracy as if rows of one problem were independent; the metric's own is clustered."""
    n = len(records)
    return wilson_interval(sum(record["acc"] for record in records) / n, n) if n else None


def _records(scored: Sequence[SampleScore], artifacts: Artifacts) -> list[dict[str, Any]]:
    """One record per scored answer: what the analysis across levels reads again."""
    samples = artifacts.samples
    return [
        {
            "sample_id": score.sample_id,
            "line": (facts := samples[score.sample_id].metadata)["line"],
            "problem": str(facts["problem"]),
            "tags": list(facts["tags"]),
            "core_group": list(facts["core_group"]),
            "acc": score.values["acc"],
            "ending": score.values["ending"],
            "reason": score.reason,
            "tokens": score.values["output_tokens"],
            "reasoning_tokens": score.values["reasoning_tokens"],
            "budget_reduced": score.values["budget_reduced"],
        }
        for score in scored
        if "acc" in score.values
    ]
