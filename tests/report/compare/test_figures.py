"""What is drawn, read back from the SVG."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.runs import read_run
from mmeval.types import Outcome

from .made import Made

pytest.importorskip("matplotlib")
from mmeval.report.compare import figures
from mmeval.report.compare.pictures import pictures
from mmeval.report.compare.speed import Pace, against, paces, weights

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


def test_the_radar_takes_the_tasks_with_a_chance_level(tmp_path: Path) -> None:
    """Finance, whose scores are F1, has one by metric; a fourth domain has none."""
    runs = []
    for right in (40, 70):
        config = {"metadata": {"domain": "finance", "chance": {"f1_weighted": 0.36, "acc": 0.5}}}
        values = [1.0] * right + [0.0] * (100 - right)
        runs.append(made(right, news="finance").task("fpb", values, config=config).task("code", values))
    found = comparisons(tmp_path, *runs)
    assert list(domain_scores(found)) == ["finance", "law", "medical"]
    assert "finance" in texts(figures.radar(found, NAMES[:2]))


def test_a_score_that_is_missing_is_not_drawn(tmp_path: Path) -> None:
    """A row without a value makes no bar, no line and no row of numbers."""
    failed = [Outcome.ERROR] * 3
    runs = [Made().task("quiz", [1.0] * 3, outcomes=failed).task("exam", [1.0, 0.0]) for _ in range(2)]
    found = comparisons(tmp_path, *runs)
    assert [row.one.value for row in found[0].rows] == [None, 0.5]
    assert not any("quiz" in text for text in texts(figures.bars(found, NAMES[:2])))
    (scores,) = [each for each in pictures(found) if each.name == "scores"]
    assert {row["task"] for row in scores.rows} == {"exam"}


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


def spent(rate: float | None, peak: float, kind: str = "generate", **device: Any) -> dict[str, Any]:
    answers = {
        "role": "model",
        "kind": kind,
        "seconds": 2.0,
        "tokens_per_second": rate,
        "prompt_tokens_per_second": 9.0,
    }
    return {"efficiency": {"answers": [answers], "peak_memory_gib": {"rss": peak, **device}}}


def run(right: int, chance: float | None = 0.0, **keys: Any) -> Made:
    config = {"metadata": {"chance": chance}}
    return Made(**keys).task("quiz", [1.0] * right + [0.0] * (100 - right), config=config)


def test_a_score_over_chance_may_be_below_zero(tmp_path: Path) -> None:
    found = paces(comparisons(tmp_path, run(40, 0.5, **spent(50.0, 1.5)), run(80, 0.5, **spent(5.0, 2.0))))
    assert [pace.score for pace in found] == pytest.approx([-0.2, 0.6])
    assert "mean chance-adjusted score" in texts(figures.speed(found, NAMES[:2]))


def test_raw_scores_are_not_averaged_for_speed(tmp_path: Path) -> None:
    assert paces(comparisons(tmp_path, run(40, None, **spent(50.0, 1.5)), run(80, None, **spent(5.0, 2.0)))) == []


def test_score_against_speed_and_memory(tmp_path: Path) -> None:
    fast, slow = run(40, **spent(50.0, 1.5)), run(80, **spent(5.0, 2.0, **{"cuda:0 allocated": 8.0}))
    found = paces(comparisons(tmp_path, fast, slow))
    assert found == [Pace(0.4, 50.0, 1.5), Pace(0.8, 5.0, 8.0)]
    picture = figures.speed(found, NAMES[:2])
    assert {"tokens per second", "peak memory, GiB", "A: general &lt;7B&gt;"} <= set(texts(picture))


def test_rates_of_other_kinds_are_no_speed(tmp_path: Path) -> None:
    found = paces(comparisons(tmp_path, run(40, **spent(50.0, 1.0)), run(40, **spent(5.0, 1.0, "loglikelihood"))))
    assert [pace.tokens_per_second for pace in found] == [50.0, None]
    assert "tokens per second" not in texts(figures.speed(found, NAMES[:2]))
    assert figures.speed([Pace(0.5, None, None)] * 2, NAMES[:2]) == ""


def test_speed_is_comparable_on_equal_devices_with_equal_prompts(tmp_path: Path) -> None:
    config = {"model": "m", "model_args": {}, "batch_size": 8, "model_device": "cpu", "model_dtype": "float32"}
    shots = Made(config={**config, "batch_size": 1, "model_device": "cuda:0"}).task("quiz", [1.0, 0.0], shots=2)
    one = Made(config=config).task("quiz", [1.0, 0.0])
    many = Made(config=config, efficiency={"replicas": 8}).task("quiz", [1.0, 0.0])
    given = (("one", one), ("other", shots), ("many", many))
    *runs, on_eight = [read_run(made.write(tmp_path / name)) for name, made in given]
    assert list(against(runs[0], runs[0])) == []
    assert list(against(runs[0], on_eight)) == ["replicas 1 / 8"]
    assert list(against(*runs)) == ["device cpu / cuda:0", "batch size 8 / 1", "prompts"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, ""),
        ({"model_parameters": 134_515_008, "model_dtype": "float32"}, "0.135B float32"),
        (
            {
                "model_dtype": "float16",
                "model_card": {"params_total": "47B", "params_active": "13B", "quantisation": "q4"},
            },
            "47B (13B active) float16 q4",
        ),
    ],
)
def test_weights_are_those_of_the_card_or_the_run(tmp_path: Path, config: dict[str, Any], said: str) -> None:
    made = Made(config={"model": "m", "model_args": {}, **config}).task("quiz", [1.0])
    assert weights(read_run(made.write(tmp_path / "run"))) == said


BINS = [
    {"edges": [0.3, 0.4], "n": 12, "confidence": 0.375, "accuracy": 0.5},
    {"edges": [0.9, 1.0], "n": 7, "confidence": 0.95, "accuracy": 1.0},
]


def test_reliability_is_what_the_results_say(tmp_path: Path) -> None:
    """The one run has bins for one of two tasks, the other run none."""
    one, other = (Made().task("quiz", [1.0, 0.0]).task("exam", [1.0, 0.0]) for _ in range(2))
    report = one.reports[0]
    assert report.result is not None
    one.reports[0] = replace(report, result=replace(report.result, details={"reliability": BINS}))
    (found,) = [each for each in pictures(comparisons(tmp_path, one, other)) if "reliability" in each.name]
    assert found.name == "reliability_quiz"
    assert found.rows == [
        {"run": "A", "low": 0.3, "high": 0.4, "n": 12, "confidence": 0.375, "accuracy": 0.5},
        {"run": "A", "low": 0.9, "high": 1.0, "n": 7, "confidence": 0.95, "accuracy": 1.0},
    ]


def test_a_line_for_each_run_with_confidences() -> None:
    drawn = texts(figures.reliabilities([(0, BINS), (2, BINS)], NAMES))
    assert drawn.count("12") == 2
    assert "C: other" in drawn
    assert "B: $pecial$" not in drawn
