"""Fits on data with known answers, and the analysis over the levels of a run."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval_tasks.longreasonarena.analysis.across import mmeval_report_section, mmeval_run_end
from mmeval_tasks.longreasonarena.analysis.fit import Row, band, binned, fit, line, logistic_slope
from mmeval_tasks.longreasonarena.analysis.groups import accuracy_by
from mmeval_tasks.longreasonarena.analysis.published import MIDPOINTS, PUBLISHED, published_rows
from mmeval_tasks.longreasonarena.analysis.spending import accuracy_by_tokens


@pytest.mark.parametrize(
    ("model", "slope", "intercept", "r2"),
    [
        ("o1", -17.368, 110.363, 0.9893),
        ("QwQ", -15.784, 95.232, 0.9729),
        ("Claude 3.7 Sonnet", -14.921, 87.158, 0.9579),
        ("DeepSeek-R1", -13.295, 78.711, 0.9732),
        ("GPT-4o (non-reasoning)", -8.611, 47.579, 0.9403),
        ("Qwen2.5-72B (non-reasoning)", -7.626, 42.347, 0.9380),
        ("R1-Distill-Qwen-7B", -5.989, 33.121, 0.9008),
        ("Llama 3.1 70B (non-reasoning)", -4.774, 26.453, 0.9444),
    ],
)
def test_the_fit_of_the_published_table(model: str, slope: float, intercept: float, r2: float) -> None:
    found = line(list(zip(MIDPOINTS, PUBLISHED[model], strict=True)))
    assert found is not None
    assert (found.slope, found.intercept, found.r2) == pytest.approx((slope, intercept, r2), abs=5e-4)
    assert found.zero == pytest.approx(-found.intercept / found.slope)


def test_too_few_or_flat_points() -> None:
    assert line([(3, 1), (4, 2)]) is None
    assert line([(3, 1), (3, 2), (3, 3)]) is None
    flat = line([(3, 50), (4, 50), (5, 50)])
    assert flat is not None
    assert (flat.slope, flat.r2, flat.zero) == (0, None, None)


def _rows(*sizes: tuple[float, int, float]) -> list[Row]:
    return [Row(x, float(index < share * n), f"{x}:{index}") for x, n, share in sizes for index in range(n)]


def test_bins_are_half_decades_closed_at_the_end() -> None:
    points = binned(_rows((2.0, 20, 1.0), (2.5, 20, 0.5), (5.5, 20, 0.25), (6.0, 20, 0.25)))
    assert [(point.x, point.y, point.n) for point in points] == [(2.0, 100, 20), (2.5, 50, 20), (5.75, 25, 40)]
    assert points[1].stderr == pytest.approx(100 * math.sqrt(0.25 / 20))


def test_small_bins_join_their_right_neighbour_and_the_last_its_left() -> None:
    points = binned(_rows((2.1, 5, 1.0), (2.6, 30, 0.5), (3.2, 30, 0.5), (3.7, 3, 0.0)))
    assert [point.n for point in points] == [35, 33]
    assert [point.n for point in binned(_rows((2.1, 5, 1.0)))] == [5]
    assert binned([Row(1.9, 1.0), Row(6.1, 1.0)]) == []


def _simulated(slope: float, intercept: float, seed: int, n: int = 1500) -> list[Row]:
    draw = random.Random(seed)
    xs = [draw.uniform(2, 6) for _ in range(n)]
    return [Row(x, float(draw.random() < (intercept + slope * x) / 100), str(i)) for i, x in enumerate(xs)]


def test_the_band_holds_the_true_line_nineteen_times_in_twenty() -> None:
    held = 0
    for seed in range(40):
        around = band(_simulated(-18, 115, seed), resamples=120, seed=seed)
        assert around is not None
        held += around.slope[0] <= -18 <= around.slope[1]
    assert held >= 33


def test_the_fit_recovers_slope_and_explained_variance() -> None:
    rows = _simulated(-18, 115, 5, n=6000)
    found, around = fit(rows), band(rows, resamples=200)
    assert found is not None
    assert around is not None
    assert around.r2 is not None
    assert found.slope == pytest.approx(-18, abs=1.5)
    assert found.intercept == pytest.approx(115, abs=6)
    assert found.r2 is not None
    assert found.r2 > 0.97
    assert around.r2[0] - 0.01 <= found.r2 <= around.r2[1] + 0.01
    x, low, high = around.line[4]
    assert (x, low < 115 - 18 * 4 < high) == (4.0, True)


def test_clusters_widen_the_band() -> None:
    rows = _simulated(-18, 115, 3)
    clustered = [Row(row.x, row.right, str(index)) for index, row in enumerate(rows[:150]) for _ in range(10)]
    alone = [Row(row.x, row.right) for row in clustered]
    wide, narrow = band(clustered, resamples=200), band(alone, resamples=200)
    assert wide is not None
    assert narrow is not None
    assert wide.slope[1] - wide.slope[0] > 1.5 * (narrow.slope[1] - narrow.slope[0])


def test_the_logistic_slope() -> None:
    draw = random.Random(0)
    xs = [draw.uniform(2, 6) for _ in range(4000)]
    rows = [Row(x, float(draw.random() < 1 / (1 + math.exp(1.5 * (x - 4))))) for x in xs]
    assert logistic_slope(rows) == pytest.approx(-1.5, abs=0.15)
    assert logistic_slope([Row(x, 1.0) for x in xs]) is None
    assert logistic_slope([Row(x, float(x < 4)) for x in xs]) is None
    assert logistic_slope([Row(3.0, float(index % 2)) for index in range(10)]) is None


def test_no_rows_have_no_fit() -> None:
    assert fit([]) is None
    assert band([]) is None
    assert logistic_slope([]) is None


def test_accuracy_by_tokens() -> None:
    records = [
        {"tokens": 150, "acc": 1.0},
        {"tokens": 200, "acc": 0.0},
        {"tokens": 1000, "acc": 1.0},
        {"tokens": 0, "acc": 0.0},
    ]
    bins = accuracy_by_tokens(records)
    assert [(round(one["low"]), one["n"], one["acc"]) for one in bins] == [(1, 1, 0.0), (100, 2, 0.5), (1000, 1, 1.0)]


def test_accuracy_by_group() -> None:
    records = (
        [{"tags": ["A", "B"], "acc": 1.0}] * 6 + [{"tags": ["A"], "acc": 0.0}] * 6 + [{"tags": ["B"], "acc": 0.0}] * 4
    )
    assert accuracy_by(records, "tags") == [("A", 12, 0.5), ("B", 10, 0.6)]
    assert accuracy_by(records[1:], "tags") == [("A", 11, 5 / 11)]


def test_published_rows_belong_to_published_levels() -> None:
    assert published_rows("generated_lvl3") == []
    assert {row["acc"] for row in published_rows("lvl3") if row["model"] == "GPT-5*"} == {0.264}


def _results(tmp_path: Path, rows: Mapping[str, list[Row]], comparable: bool = True) -> dict[str, Any]:
    """Leave the rows of each level in the run's folder; what the run's results name."""
    for name, of_level in rows.items():
        folder = tmp_path / "tasks" / f"longreasonarena_{name}"
        folder.mkdir(parents=True)
        records = [
            {
                "line": 10**row.x,
                "acc": row.right,
                "problem": row.problem,
                "tokens": 10,
                "tags": [],
                "core_group": ["neither"],
            }
            for row in of_level
        ]
        content = {"level": name.replace("gen_", "generated_"), "comparable": comparable, "rows": records}
        (folder / "rows.json").write_text(json.dumps(content))
    return {"results": {f"longreasonarena_{name}": {} for name in rows}}


def _by_level(rows: list[Row], prefix: str = "") -> dict[str, list[Row]]:
    ends = ((1, 2.0, 4.0), (2, 4.0, 5.0), (3, 5.0, 6.1))
    return {f"{prefix}lvl{level}": [row for row in rows if low <= row.x < high] for level, low, high in ends}


def test_levels_of_one_run_are_fitted_together(tmp_path: Path) -> None:
    levels = _by_level(_simulated(-18, 115, 1, n=900))
    results = _results(tmp_path, levels)
    mmeval_run_end(directory=tmp_path, results=results)
    content = json.loads((tmp_path / "tasks/longreasonarena/levels.json").read_text())
    assert content["lines"]["n"] == 900
    assert content["unequal_sampling"]
    shares = [sum(row.right for row in rows) / len(rows) for rows in levels.values()]
    assert content["acc_mean_of_levels"] == pytest.approx(sum(shares) / 3)
    assert content["acc"] == pytest.approx(sum(row.right for rows in levels.values() for row in rows) / 900)
    low, high = content["lines"]["band"]["slope"]
    assert low <= -18 <= high
    section = mmeval_report_section(results=results, directory=tmp_path)
    assert section is not None
    assert "points per decade" in section
    assert "Qwen3-4B*" in section
    assert (tmp_path / "tasks/longreasonarena/accuracy.png").is_file()


def test_one_level_has_no_fit_over_levels(tmp_path: Path) -> None:
    results = _results(tmp_path, {"lvl1": _simulated(-18, 115, 1, n=100)})
    mmeval_run_end(directory=tmp_path, results=results)
    assert mmeval_report_section(results=results, directory=tmp_path) is None


def test_generated_levels_stand_apart_from_published_ones(tmp_path: Path) -> None:
    generated = _by_level(_simulated(-18, 115, 1, n=400), "gen_")
    results = _results(tmp_path, generated | {"lvl1": _simulated(-18, 115, 2, n=50)}, comparable=False)
    mmeval_run_end(directory=tmp_path, results=results)
    section = mmeval_report_section(results=results, directory=tmp_path)
    assert section is not None
    assert "generated_lvl1 + generated_lvl2 + generated_lvl3" in section
    assert "not comparable" in section
    assert "GPT-5" not in section
    assert json.loads((tmp_path / "tasks/longreasonarena_gen/levels.json").read_text())["lines"]["n"] == 400
    assert not (tmp_path / "tasks/longreasonarena").exists()


def test_levels_without_answers_are_said_to_have_none(tmp_path: Path) -> None:
    results = _results(tmp_path, {"lvl1": [], "lvl2": []})
    mmeval_run_end(directory=tmp_path, results=results)
    section = mmeval_report_section(results=results, directory=tmp_path)
    assert section is not None
    assert "nothing was scored" in section
    assert "too few bins" in section
