from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from mmeval.report.compare.comparison import compare
from mmeval.report.compare.domains import DomainGain, by_domain, on_and_off
from mmeval.report.compare.rows import Row
from mmeval.report.compare.runs import read_run

from .made import Made

HALF = [1.0, 0.0] * 50


def tasks(tmp_path: Path, *tasks: tuple[str, int, dict[str, Any]], metric: str = "acc") -> list[Row]:
    """Rows of tasks (domain, right answers of 100 in the other run, further metadata); the one run has 50."""
    one, other = Made(), Made()
    for number, (domain, right, metadata) in enumerate(tasks):
        config = {"metadata": {"domain": domain, **metadata}}
        one.task(f"t{number}", HALF, metric=metric, config=config)
        other.task(f"t{number}", [1.0] * right + [0.0] * (100 - right), metric=metric, config=config)
    runs = [read_run(made.write(tmp_path / name)) for name, made in (("one", one), ("other", other))]
    return list(compare(*runs, iters=1000).rows)


def found(gains: list[DomainGain]) -> list[tuple[str, int, float, bool]]:
    return [(gain.domain, len(gain.tasks), round(gain.gain, 4), gain.adjusted) for gain in gains]


def test_gains_are_means_of_chance_adjusted_differences(tmp_path: Path) -> None:
    rows = tasks(
        tmp_path, ("medical", 60, {"chance": 0.25}), ("law", 50, {"chance": 0}), ("medical", 80, {"chance": 0.5})
    )
    assert found(by_domain(rows)) == [
        ("medical", 2, round((0.1 / 0.75 + 0.3 / 0.5) / 2, 4), True),
        ("law", 1, 0.0, True),
    ]
    assert found(on_and_off(rows, "law")) == [("on law", 1, 0.0, True), ("off law", 2, 0.3667, True)]


def test_without_a_chance_level_they_are_of_raw_scores(tmp_path: Path) -> None:
    rows = tasks(tmp_path, ("law", 60, {"chance": 0.25}), ("law", 70, {}))
    assert found(by_domain(rows)) == [("law", 2, 0.15, False)]


def test_the_interval_is_that_of_independent_tasks(tmp_path: Path) -> None:
    rows = tasks(tmp_path, ("law", 60, {}), ("law", 70, {}))
    errors = [row.tested.stderr for row in rows if row.tested]
    stderr = math.hypot(*(error or 0.0 for error in errors)) / 2
    (gain,) = by_domain(rows)
    assert gain.interval == pytest.approx((0.15 - 1.96 * stderr, 0.15 + 1.96 * stderr))


def test_less_of_what_should_be_low_is_a_gain(tmp_path: Path) -> None:
    rows = tasks(tmp_path, ("law", 30, {}))
    assert found(by_domain([row.__class__(**{**_fields(row), "higher_is_better": False}) for row in rows])) == [
        ("law", 1, 0.2, False)
    ]


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def test_metrics_of_another_range_are_not_averaged(tmp_path: Path) -> None:
    assert by_domain(tasks(tmp_path, ("law", 60, {}), metric="likelihood")) == []


def test_tasks_without_a_domain_have_none(tmp_path: Path) -> None:
    rows = tasks(tmp_path, ("", 60, {}))
    assert by_domain(rows) == []
    assert found(on_and_off(rows, "law")) == [("off law", 1, 0.1, False)]
