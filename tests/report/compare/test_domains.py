from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from mmeval.metrics.aggregations import mean
from mmeval.metrics.paired import Pairs
from mmeval.report.compare.comparison import compare
from mmeval.report.compare.domains import DomainGain, by_domain, on_and_off
from mmeval.report.compare.evidence import evidence
from mmeval.report.compare.rows import Row, Side
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


def test_the_interval_of_one_task_is_its_own(tmp_path: Path) -> None:
    rows = tasks(tmp_path, ("law", 60, {"chance": 0.5}))
    (gain,) = by_domain(rows)
    assert rows[0].tested is not None
    assert gain.interval == pytest.approx([end / 0.5 for end in rows[0].tested.interval or ()])


def test_tasks_that_disagree_say_little_of_a_domain(tmp_path: Path) -> None:
    alike = tasks(tmp_path / "alike", *[("law", 65, {})] * 6)
    unlike = tasks(tmp_path / "unlike", *[("law", right, {}) for right in (95, 95, 90, 40, 35, 35)])
    (sure,), (unsure,) = by_domain(alike), by_domain(unlike)
    assert sure.gain == pytest.approx(unsure.gain)
    assert (sure.verdict, unsure.verdict) == ("gain", "not shown")


def test_a_loss_is_one(tmp_path: Path) -> None:
    assert [gain.verdict for gain in by_domain(tasks(tmp_path, *[("law", 25, {})] * 5))] == ["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 5, 10])
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_intervals_hold_the_mean_gain_of_all_tasks_of_the_domain(count: int, spread: float) -> None:
    """Tasks are drawn from a domain in which the gain is 0.05 on average; `spread` is its standard deviation."""
    rng, rounds, found = random.Random(f"{count} {spread}"), 300, 0
    for _ in range(rounds):
        gains = [rng.gauss(0.05, spread) for _ in range(count)]
        (gain,) = by_domain([_simulated(rng, place, gain) for place, gain in enumerate(gains)])
        low, high = gain.interval or (0.0, 0.0)
        found += low <= 0.05 <= high
    assert found / rounds >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / rounds)


def _simulated(rng: random.Random, place: int, gain: float, n: int = 100) -> Row:
    one, other = ([[float(rng.random() < share)] for _ in range(n)] for share in (0.5, 0.5 + gain))
    side = Side(0.5, None, 0.0)
    tested = evidence(Pairs(mean, one, other), 500)
    return Row(f"t{place}", "acc", "none", "law", n, n, side, side, True, 1.0, None, {}, tested, "", ())


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
