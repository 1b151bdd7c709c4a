"""What is drawn, read back from the SVG."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.domains import domain_scores
from mmeval.report.compare.runs import read_run
from mmeval.task import Aggregate

from .made import Made

pytest.importorskip("matplotlib")
from mmeval.report.compare import figures
from mmeval.report.compare.canvas import COLORS, look, rendered
from mmeval.report.compare.pictures import Picture, pictures
from mmeval.report.compare.speed import Pace, against, paces, weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


def svg(figure: Figure | None) -> str:
    assert figure is not None
    return rendered(figure, "A title").svg


def texts(figure: Figure | None) -> list[str]:
    return re.findall(r"<(?:text|tspan)[^>]*>([^<]+)</(?:text|tspan)>", svg(figure))


def named(found: list[Picture], name: str) -> Picture:
    return next(picture for picture in found if picture.name == name)


@pytest.mark.filterwarnings("error")
def test_every_task_and_run_is_named(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40), made(70), made(30))
    shown = set(texts(figures.bars(found, NAMES)))
    assert {"quiz", "exam", "news", "(acc)", "A: general &lt;7B&gt;", "B: $pecial$", "C: other"} <= shown
    assert {"finance", "law", "medical", "C: other"} <= set(texts(figures.radar(found, NAMES)))


def test_a_picture_alone_says_what_it_shows(tmp_path: Path) -> None:
    for picture in pictures(comparisons(tmp_path, made(40), made(70))):
        drawing = picture.drawn()
        assert drawing is not None
        assert f"<title>{picture.title}</title>" in drawing.svg
        assert drawing.svg.count(f">{picture.title}</text>") == 1
        assert drawing.png.startswith(b"\x89PNG")


def test_long_names_are_shortened_and_lines_broken(tmp_path: Path) -> None:
    model, task = f"B: {'folder/' * 20}the-model", "legalbench_international_citizenship_questions"
    found = comparisons(tmp_path, made(40, **{task: "law"}), made(70, **{task: "law"}))
    shown = texts(figures.bars(found, [NAMES[0], model]))
    assert {"legalbench_international_", "citizenship_questions"} <= set(shown)
    (name,) = [text for text in shown if text.endswith("/the-model")]
    assert name.startswith("B: folder/")
    assert len(name) == 44


def test_no_two_runs_look_alike() -> None:
    looks = [look(number) for number in range(26)]
    assert len({(each.color, each.marker) for each in looks}) == 26
    assert len({(each.color, each.hatch) for each in looks}) == 26


def test_dumbbells_are_sorted_by_difference_and_say_the_verdict(tmp_path: Path) -> None:
    one, other = Made(), Made()
    for task, right in (("same", 500), ("more", 600), ("less", 380)):
        one.task(task, [1.0] * 500 + [0.0] * 500)
        other.task(task, [1.0] * right + [0.0] * (1000 - right))
    (found,) = comparisons(tmp_path, one, other)
    shown = texts(figures.dumbbells(found, (NAMES[0], NAMES[1])))
    assert [text for text in shown if text in ("same", "more", "less")] == ["more", "same", "less"]
    verdicts = ["+0.1000  better", "+0.0000  no difference shown", "-0.1200  worse"]
    assert [text for text in shown if text in verdicts] == verdicts


def test_a_run_looks_the_same_in_every_picture(tmp_path: Path) -> None:
    *_, change = [each for each in pictures(comparisons(tmp_path, made(40), made(70), made(30))) if "ch" in each.name]
    drawn = svg(change.figure())
    assert change.name == "change_C"
    assert [color in drawn for color in COLORS[:3]] == [True, False, True]


def test_a_picture_is_a_function_of_its_numbers(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40), made(70))
    assert svg(figures.bars(found, NAMES[:2])) == svg(figures.bars(found, NAMES[:2]))


def test_chance_and_baselines_are_ticks_and_numbers(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40), made(70))
    found = [
        replace(each, rows=[replace(each.rows[0], baselines={"majority": 0.25}), *each.rows[1:]]) for each in found
    ]
    assert {"chance (dotted)", "majority (dashed)"} <= set(texts(figures.bars(found, NAMES[:2])))
    assert "majority (dashed)" not in texts(figures.bars(comparisons(tmp_path / "2", made(4), made(7)), NAMES[:2]))
    rows = named(pictures(found), "scores").rows
    assert [(row["task"], row["chance"], row["majority"]) for row in rows[::2]] == [
        ("quiz", 0.25, 0.25),
        ("exam", 0.25, None),
        ("news", 0.25, None),
    ]


def test_groups_are_drawn_after_tasks(tmp_path: Path) -> None:
    runs = [made(right).group("all", *DOMAINS, aggregate=[Aggregate("acc")], pooled=True) for right in (40, 70)]
    found = comparisons(tmp_path, *runs)
    shown = texts(figures.bars(found, NAMES[:2]))
    assert [text for text in shown if text in (*DOMAINS, "group all")] == [*DOMAINS, "group all"]
    drawn = pictures(found)
    rows = [(row["kind"], row["task"], row["run"]) for row in named(drawn, "scores").rows[-2:]]
    assert rows == [("group", "all", "A"), ("group", "all", "B")]
    assert ("group", "all", "better") in [
        (row["kind"], row["task"], row["verdict"]) for row in named(drawn, "change_B").rows
    ]


def test_pipelines_are_told_where_there_are_several(tmp_path: Path) -> None:
    (found,) = comparisons(tmp_path, Made().task("quiz", [1.0, 0.0]), Made().task("quiz", [1.0, 1.0]))
    assert "(acc)" in texts(figures.bars([found], NAMES[:2]))
    found = replace(found, rows=[*found.rows, replace(found.rows[0], pipeline="strict")])
    assert {"(acc, none)", "(acc, strict)"} <= set(texts(figures.bars([found], NAMES[:2])))


def test_scores_below_chance_are_said_to_be_at_the_centre(tmp_path: Path) -> None:
    note = "hollow: below chance, drawn at the centre"
    assert note in texts(figures.radar(comparisons(tmp_path / "below", made(10), made(70)), NAMES[:2]))
    assert note not in texts(figures.radar(comparisons(tmp_path / "above", made(40), made(70)), NAMES[:2]))


def test_two_domains_are_no_radar(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(40, news="law"), made(70, news="law"))
    assert list(domain_scores(found)) == ["law", "medical"]
    assert figures.radar(found, NAMES[:2]) is None


def test_scores_by_domain_are_chance_adjusted_means(tmp_path: Path) -> None:
    found = comparisons(tmp_path, made(21, news="law"), made(46, news="law"), made(71, news="law"))
    assert domain_scores(found) == {
        "law": pytest.approx([0.0, 1 / 3, 2 / 3]),
        "medical": pytest.approx([0.0, 1 / 3, 2 / 3]),
    }


def test_other_scales_are_not_drawn(tmp_path: Path) -> None:
    runs = [Made().task("t", [-1.0, -2.0, -3.0], metric="likelihood") for _ in range(2)]
    found = comparisons(tmp_path, *runs)
    assert figures.bars(found, NAMES[:2]) is None
    assert figures.dumbbells(found[0], (NAMES[0], NAMES[1])) is None


def test_a_task_that_one_comparison_refused_has_a_gap(tmp_path: Path) -> None:
    other = made(70)
    other.reports[0] = other.reports[0].__class__(**{**vars(other.reports[0]), "version": 2})
    found = comparisons(tmp_path, made(40), other, made(50))
    assert "quiz" in found[0].refused
    assert "quiz" in texts(figures.bars(found, NAMES))
    rows = named(pictures(found), "scores").rows
    assert [row["run"] for row in rows if row["task"] == "quiz"] == ["A", "C"]


def spent(rate: float | None, peak: float, kind: str = "generate", **device: Any) -> dict[str, Any]:
    answers = {
        "role": "model",
        "kind": kind,
        "seconds": 2.0,
        "tokens_per_second": rate,
        "prompt_tokens_per_second": 9.0,
    }
    return {"efficiency": {"answers": [answers], "peak_memory_gib": {"rss": peak, **device}}}


def run(right: int, **keys: Any) -> Made:
    return Made(**keys).task("quiz", [1.0] * right + [0.0] * (100 - right))


def test_score_against_speed_and_memory(tmp_path: Path) -> None:
    fast, slow = run(40, **spent(50.0, 1.5)), run(80, **spent(5.0, 2.0, **{"cuda:0 allocated": 8.0}))
    found = paces(comparisons(tmp_path, fast, slow))
    assert found == [Pace(0.4, 50.0, 1.5), Pace(0.8, 5.0, 8.0)]
    picture = figures.speed(found, NAMES[:2])
    assert {"tokens per second", "peak memory, GiB", "A: general &lt;7B&gt;"} <= set(texts(picture))


def test_what_is_not_comparable_is_hollow() -> None:
    found = [Pace(0.4, 50.0, 1.5), Pace(0.8, 5.0, 8.0)]
    shown, hollow = svg(figures.speed(found, NAMES[:2])), svg(figures.speed(found, NAMES[:2], [1]))
    assert [f"fill: {color}" in shown for color in COLORS[:2]] == [True, True]
    assert [f"fill: {color}" in hollow for color in COLORS[:2]] == [True, False]
    assert "(not comparable with A)" in texts(figures.speed(found, NAMES[:2], [1]))


def test_rates_of_other_kinds_are_no_speed(tmp_path: Path) -> None:
    found = paces(comparisons(tmp_path, run(40, **spent(50.0, 1.0)), run(40, **spent(5.0, 1.0, "loglikelihood"))))
    assert [pace.tokens_per_second for pace in found] == [50.0, None]
    assert "tokens per second" not in texts(figures.speed(found, NAMES[:2]))
    assert figures.speed([Pace(0.5, None, None)] * 2, NAMES[:2]) is None


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
    assert drawn.count("(19 answers, fewer than 300: do not rely on it)") == 2


def test_enough_answers_need_no_caution() -> None:
    drawn = texts(figures.reliabilities([(0, [{**each, "n": 150} for each in BINS])], NAMES))
    assert not [text for text in drawn if "rely" in text]
