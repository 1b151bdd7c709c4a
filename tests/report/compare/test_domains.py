"""Gains by domain and by specialization: means of what runs score over chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.domains import DomainGain, by_domain, domain_scores, specialization
from mmeval.report.compare.runs import read_run
from mmeval.task import Aggregate

from .made import Made

HALF = [1.0, 0.0] * 50
ZERO = {"chance": 0}


def made(tasks: tuple[tuple[str, int, dict[str, Any]], ...], metric: str) -> tuple[Made, Made]:
    one, other = Made(), Made()
    for number, (domain, right, metadata) in enumerate(tasks):
        config = {"metadata": {"domain": domain, **metadata}}
        one.task(f"t{number}", HALF, metric=metric, config=config)
        other.task(f"t{number}", [1.0] * right + [0.0] * (100 - right), metric=metric, config=config)
    return one, other


def tasks(
    tmp_path: Path, *tasks: tuple[str, int, dict[str, Any]], metric: str = "acc", iters: int = 1000
) -> Comparison:
    """Tasks (domain, right answers of 100 in the other run, further metadata); the one run has 50."""
    runs = [
        read_run(each.write(tmp_path / name)) for name, each in zip(("one", "other"), made(tasks, metric), strict=True)
    ]
    return compare(*runs, iters=iters)


def found(gains: list[DomainGain]) -> list[tuple[str, int, float | None]]:
    return [(gain.domain, len(gain.tasks), None if gain.gain is None else round(gain.gain, 4)) for gain in gains]


def test_gains_are_means_of_chance_adjusted_differences(tmp_path: Path) -> None:
    comparison = tasks(tmp_path, ("medical", 60, {"chance": 0.25}), ("law", 50, ZERO), ("medical", 80, {"chance": 0.5}))
    assert found(by_domain(comparison)) == [("medical", 2, round((0.1 / 0.75 + 0.3 / 0.5) / 2, 4)), ("law", 1, 0.0)]
    special = specialization(comparison, "law")
    assert found([special.on, special.off]) == [("law", 1, 0.0), ("off law", 2, 0.3667)]


def test_the_gain_of_the_one_run_is_the_others_loss(tmp_path: Path) -> None:
    comparison = tasks(tmp_path, ("law", 25, ZERO))
    other, one = specialization(comparison, "law"), specialization(comparison, "law", of_one=True)
    assert (other.on.gain, one.on.gain) == (-0.25, 0.25)
    assert one.on.interval == pytest.approx([-end for end in reversed(other.on.interval or ())])
    assert (other.worth_it, one.worth_it) == (False, True)


def test_tasks_without_a_chance_level_are_left_out_and_named(tmp_path: Path) -> None:
    """Raw scores of unlike metrics make no mean."""
    comparison = tasks(tmp_path, ("law", 60, ZERO), ("law", 70, {}), ("finance", 80, {}))
    law, finance = by_domain(comparison)
    assert (law.gain, law.tasks, law.left_out) == (pytest.approx(0.1), ("t0",), ("t1 (acc)",))
    assert (finance.gain, finance.interval, finance.verdict, finance.left_out) == (
        None,
        None,
        "not shown",
        ("t2 (acc)",),
    )
    assert not specialization(comparison, "finance").worth_it


def test_a_chance_level_may_be_that_of_each_metric(tmp_path: Path) -> None:
    comparison = tasks(tmp_path, ("finance", 75, {"chance": {"acc": 0.5, "f1_weighted": 0.6}}))
    assert found(by_domain(comparison)) == [("finance", 1, 0.5)]
    other = tasks(tmp_path / "other", ("finance", 75, {"chance": {"f1_weighted": 0.6}}))
    assert found(by_domain(other)) == [("finance", 0, None)]


def test_the_interval_of_one_task_is_its_own(tmp_path: Path) -> None:
    comparison = tasks(tmp_path, ("law", 60, {"chance": 0.5}))
    (gain,) = by_domain(comparison)
    tested = comparison.rows[0].tested
    assert tested is not None
    assert gain.interval == pytest.approx([end / 0.5 for end in tested.interval or ()])


def test_tasks_that_disagree_say_little_of_a_domain(tmp_path: Path) -> None:
    alike = tasks(tmp_path / "alike", *[("law", 65, ZERO)] * 6)
    unlike = tasks(tmp_path / "unlike", *[("law", right, ZERO) for right in (95, 95, 90, 40, 35, 35)])
    (sure,), (unsure,) = by_domain(alike), by_domain(unlike)
    assert sure.gain == pytest.approx(unsure.gain)
    assert (sure.verdict, unsure.verdict) == ("gain", "not shown")


def test_the_interval_does_not_depend_on_the_number_of_resamples(tmp_path: Path) -> None:
    """Two tasks with gains of 10 and 30 points: ± 12.7 standard errors of 10."""
    intervals = []
    for iters in (100, 5000):
        (gain,) = by_domain(tasks(tmp_path / str(iters), ("law", 60, ZERO), ("law", 80, ZERO), iters=iters))
        intervals.append(gain.interval)
    assert intervals[0] == intervals[1] == pytest.approx((0.2 - 1.2706, 0.2 + 1.2706), abs=1e-3)


def test_a_loss_is_one(tmp_path: Path) -> None:
    assert [gain.verdict for gain in by_domain(tasks(tmp_path, *[("law", 25, ZERO)] * 5))] == ["loss"]


def test_what_is_tested_as_one_is_one_task(tmp_path: Path) -> None:
    """Three subjects of one benchmark gain 20 points, another task loses 10: the mean is 5, not 12.5."""
    runs = made((*[("medical", 70, ZERO)] * 3, ("medical", 40, ZERO)), "acc")
    for run in runs:
        run.group("mmlu", "t0", "t1", "t2", aggregate=[Aggregate("acc")], pooled=True)
    comparison = compare(*(read_run(run.write(tmp_path / str(place))) for place, run in enumerate(runs)), iters=500)
    (gain,) = by_domain(comparison)
    assert (gain.tasks, gain.gain) == (("mmlu", "t3"), pytest.approx(0.05))
    assert domain_scores([comparison]) == {"medical": [pytest.approx(0.5), pytest.approx(0.55)]}


@pytest.mark.parametrize("metric", ["likelihood", "brier_score"])
def test_metrics_of_another_range_or_direction_are_not_averaged(tmp_path: Path, metric: str) -> None:
    assert found(by_domain(tasks(tmp_path, ("law", 60, ZERO), metric=metric))) == [("law", 0, None)]


def test_tasks_without_a_domain_have_none(tmp_path: Path) -> None:
    comparison = tasks(tmp_path, ("", 60, ZERO))
    assert by_domain(comparison) == []
    assert found([specialization(comparison, "law").off]) == [("off law", 1, 0.1)]
