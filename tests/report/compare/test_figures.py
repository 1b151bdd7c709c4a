"""What is drawn, read back from the SVG."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.runs import read_run

from .made import Made

pytest.importorskip("matplotlib")
from mmeval.report.compare import figures

NAMES = ["A: general <7B>", "B: $pecial$", "C: other"]
DOMAINS = {"quiz": "medical", "exam": "law", "news": "finance"}


def made(right: int, **tasks: Any) -> Made:
    run = Made()
    for task, domain in {**DOMAINS, **tasks}.items():
        config = {"metadata": {"domain": domain, "chance": 0.25}}
        run.task(task, [1.0] * (right + len(task)) + [0.0] * (96 - right), config=config)
    return run


def comparisons(tmp_path: Path, *runs: Made) -> list[Comparison]:
    first, *others = (read_run(run.write(tmp_path / f"run{place}")) for place, run in enumerate(runs))
    return [compare(first, other, iters=200) for other in others]


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.filterwarnings("error")
def test_every_task_and_run_is_named(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40), made(70), made(30))
    shown = texts(figures.bars(found, NAMES))
    assert {"quiz (acc)", "exam (acc)", "news (acc)"} <= set(shown)
    assert shown[-3:] == ["A: general &lt;7B&gt;", "B: $pecial$", "C: other"]
    assert {"finance", "law", "medical", "C: other"} <= set(texts(figures.radar(found, NAMES)))


def test_dumbbells_are_sorted_by_difference_and_say_the_verdict(tmp_path: Path) -> None:
    one, other = Made(), Made()
    for task, right in (("same", 500), ("more", 600), ("less", 380)):
        one.task(task, [1.0] * 500 + [0.0] * 500)
        other.task(task, [1.0] * right + [0.0] * (1000 - right))
    (found,) = comparisons(tmp_path, one, other)
    shown = [text for text in texts(figures.dumbbells(found, (NAMES[0], NAMES[1]))) if "acc" in text]
    assert shown == ["more (acc): better", "same (acc): no difference shown", "less (acc): worse"]


def test_a_picture_is_a_function_of_its_numbers(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40), made(70))
    assert figures.bars(found, NAMES[:2]) == figures.bars(found, NAMES[:2])


def test_chance_and_baselines_are_ticks(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40), made(70))
    assert figures.bars(found, NAMES[:2]).count("LineCollection") == len(DOMAINS)


def test_two_domains_are_no_radar(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40, news="law"), made(70, news="law"))
    assert list(domain_scores(found)) == ["law", "medical"]
    assert figures.radar(found, NAMES[:2]) == ""


def test_scores_by_domain_are_chance_adjusted_means(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(21, news="law"), made(46, news="law"), made(71, news="law"))
    assert domain_scores(found) == {
        "law": pytest.approx([0.0, 1 / 3, 2 / 3]),
        "medical": pytest.approx([0.0, 1 / 3, 2 / 3]),
    }


def test_other_scales_are_not_drawn(tmp_path: Path) -> None:
    runs = [Made().task("t", [-1.0, -2.0, -3.0], metric="likelihood") for _ in range(2)]
    found = comparisons(tmp_path, *runs)
    assert figures.bars(found, NAMES[:2]) == ""
    assert figures.dumbbells(found[0], (NAMES[0], NAMES[1])) == ""


def test_a_task_that_one_comparison_refused_has_a_gap(tmp_path: Path) -> None:
    other = made(70)
    other.reports[0] = other.reports[0].__class__(**{**vars(other.reports[0]), "version": 2})
    found = comparisons(tmp_path, made(40), other, made(50))
    assert "quiz" in found[0].refused
    assert "quiz (acc)" in texts(figures.bars(found, NAMES))
