"""Groups of tasks: what is pooled, and what is a mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.metrics.paired import holm, mcnemar
from mmeval.metrics.statistics import wilson_interval
from mmeval.report.compare.compared import Compared
from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.numbers import as_json
from mmeval.report.compare.rows import Row
from mmeval.report.compare.runs import read_run
from mmeval.report.compare.tables import comparison_table
from mmeval.task import Aggregate

from .made import Made

PARTS = {"anatomy": (100, 50, 60), "biology": (60, 30, 36), "genetics": (40, 20, 28)}
"""Samples, and right answers of the one and the other run."""
QUIZ = {"config": {"metadata": {"chance": 0.25}}}
BY_SIZE, PLAIN = Aggregate("acc"), Aggregate("acc", weight_by_size=False)


def right(n: int, share: int) -> list[float]:
    return [1.0] * share + [0.0] * (n - share)


def made(side: int, aggregate: Aggregate = BY_SIZE, pooled: bool = True, **changes: Any) -> Made:
    run = Made()
    for name, figures in PARTS.items():
        run.task(name, right(figures[0], figures[1 + side]), **{**QUIZ, **changes.get(name, {})})
    run.task("alone", right(50, 10 + 20 * side))
    return run.group("medical", *PARTS, aggregate=[aggregate], pooled=pooled)


def compared(tmp_path: Path, *runs: Made, **options: Any) -> Comparison:
    one, other = (read_run(run.write(tmp_path / str(place))) for place, run in enumerate(runs))
    return compare(one, other, **{"iters": 1000, **options})


def group(comparison: Comparison) -> Row:
    (row,) = comparison.groups
    return row


def p_values(rows: Sequence[Row]) -> list[float | None]:
    return [row.tested.p if row.tested else None for row in rows]


def test_parts_of_one_benchmark_are_tested_as_one(tmp_path: Path) -> None:
    comparison = compared(tmp_path, made(0), made(1))
    row = group(comparison)
    assert row.tested is not None
    assert (row.task, row.n, row.total, row.chance) == ("medical", 200, 200, 0.25)
    assert (row.one.value, row.other.value) == pytest.approx((0.5, 0.62))
    assert (row.tested.test, row.tested.discordant) == ("McNemar", (0, 24))
    assert row.tested.difference == pytest.approx(0.12)
    pooled, single = mcnemar(0, 24), mcnemar(0, 20)
    assert p_values(comparison.rows) == [None, None, None, single]
    assert row.tested.p == pooled
    assert [comparison.rows[-1].p_holm, row.p_holm] == holm([single, pooled])
    assert [each.verdict for each in comparison.rows] == ["pooled"] * 3 + ["better"]
    assert comparison.rows[0].notes(("A", "B")) == ["tested within medical"]


def test_a_part_is_shown_with_its_difference_and_without_a_p_value(tmp_path: Path) -> None:
    comparison = compared(tmp_path, made(0), made(1))
    table = comparison_table([comparison])
    titles = [column.title for column in table.columns]
    first, last = (dict(zip(titles, table.rows[place], strict=True)) for place in (0, -1))
    assert (first["Task"], first["B − A"], first["p"], first["p (Holm)"]) == ("anatomy", "+0.1000", "", "")
    assert (last["Task"], last["Lost, won"], last["p"]) == ("medical", "0, 24", "<0.0001")
    (found,) = as_json(Compared.of([comparison]))["comparisons"]
    assert found["rows"][0]["tested"]["p"] is None
    assert (found["groups"][0]["task"], found["groups"][0]["verdict"]) == ("medical", "better")


@pytest.mark.parametrize(("aggregate", "difference"), [(PLAIN, 0.4 / 3), (BY_SIZE, 0.12)])
def test_the_mean_of_other_tasks_has_an_interval(tmp_path: Path, aggregate: Aggregate, difference: float) -> None:
    """The tasks gain 10, 10 and 20 points; the last has a fifth of the samples."""
    comparison = compared(tmp_path, *(made(side, aggregate, pooled=False) for side in (0, 1)))
    row = group(comparison)
    assert row.tested is not None
    assert row.tested.interval is not None
    assert row.tested.difference == pytest.approx(difference)
    assert (row.other.value or 0) - (row.one.value or 0) == pytest.approx(difference)
    assert row.tested.interval[0] < difference < row.tested.interval[1]
    assert (row.tested.p, row.p_holm, row.verdict) == (None, None, "underpowered")
    assert None not in p_values(comparison.rows)


def test_tasks_that_agree_show_their_mean(tmp_path: Path) -> None:
    names = [f"t{place}" for place in range(4)]
    runs = []
    for share in (250, 300):
        run = Made()
        for name in names:
            run.task(name, right(500, share))
        runs.append(run.group("all", *names, aggregate=[PLAIN]))
    row = group(compared(tmp_path, *runs))
    assert row.tested is not None
    low, high = row.tested.interval or (0.0, 0.0)
    assert (row.verdict, low < 0.1 < high) == ("better", True)
    own = 1.96 * (0.1 * 0.9 / 500) ** 0.5
    assert (high - low) / 2 == pytest.approx(own / 2, rel=0.05)


def test_a_pooled_group_is_one_share(tmp_path: Path) -> None:
    """Its interval is Wilson's, as that of a task; a mean of tasks has a normal one."""
    row = group(compared(tmp_path / "one", made(0), made(1)))
    assert (row.one.interval, row.other.interval) == (wilson_interval(0.5, 200), wilson_interval(0.62, 200))
    mean = group(compared(tmp_path / "mean", *(made(side, pooled=False) for side in (0, 1))))
    assert mean.one.interval != wilson_interval(0.5, 200)


def test_the_domain_of_a_group_is_that_of_all_its_tasks(tmp_path: Path) -> None:
    for other, domain in (("medical", "medical"), ("law", "")):
        configs = [{"metadata": {"domain": name}} for name in ("medical", other)]
        runs = [
            Made()
            .task("a", right(4, 2), config=configs[0])
            .task("b", right(4, 2), config=configs[1])
            .group("both", "a", "b", aggregate=[PLAIN])
            for _ in range(2)
        ]
        assert group(compared(tmp_path / other, *runs)).domain == domain


def test_tasks_that_disagree_show_nothing_of_their_mean(tmp_path: Path) -> None:
    runs = [
        Made().task("a", right(500, one)).task("b", right(500, two)).group("both", "a", "b", aggregate=[PLAIN])
        for one, two in ((250, 250), (350, 240))
    ]
    row = group(compared(tmp_path, *runs))
    assert row.tested is not None
    assert row.tested.difference == pytest.approx(0.09)
    assert row.verdict == "underpowered"


def test_lower_may_be_better(tmp_path: Path) -> None:
    name = "word_perplexity"
    runs = [
        Made()
        .task("a", [[-2.0 - place % 3 - more, 10] for place in range(30)], metric=name)
        .task("b", [[-3.0 - place % 3 - more, 10] for place in range(30)], metric=name)
        .group("both", "a", "b", aggregate=[Aggregate(name)])
        for more in (0, 1)
    ]
    assert group(compared(tmp_path, *runs)).verdict == "worse"


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (lambda: made(1, biology={"version": 2}), "biology cannot be compared"),
        (lambda: made(1, PLAIN), "its score is no mean of those of its tasks"),
    ],
)
def test_a_group_that_cannot_be_tested_leaves_its_tasks_their_tests(
    tmp_path: Path, other: Callable[[], Made], problem: str
) -> None:
    comparison = compared(tmp_path, made(0), other())
    row = group(comparison)
    assert (row.verdict, row.notes(("A", "B"))) == ("not tested", [problem])
    assert None not in p_values(comparison.rows)


def test_only_means_are_pooled(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    runs = [
        Made()
        .task("a", [[1, 1], [0, 1], [1, 0], [0, 0]], metric="f1")
        .group("g", "a", aggregate=[Aggregate("f1")], pooled=True)
        for _ in range(2)
    ]
    assert group(compared(tmp_path, *runs)).problem == "only means over samples can be pooled"


def test_a_group_of_one_run_has_no_row(tmp_path: Path) -> None:
    without = made(1)
    without.groups.clear()
    comparison = compared(tmp_path, made(0), without)
    assert comparison.groups == []
    assert None not in p_values(comparison.rows)


def test_metrics_of_a_group_may_be_named(tmp_path: Path) -> None:
    assert compared(tmp_path, made(0), made(1), metrics=["acc"]).groups
    exact = [run.task("text", right(4, 2), metric="exact_match") for run in (made(0), made(1))]
    comparison = compared(tmp_path / "exact", *exact, metrics=["exact_match"])
    assert ([row.task for row in comparison.rows], comparison.groups) == (["text"], [])
